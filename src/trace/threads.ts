/** Threads of a trace: what each goes through becomes operations, each with the functions that were called in it. */
import { hexAt, type TraceEvent, wholeAt } from './events.ts';
import {
  type Begun,
  beginsWith,
  DEVICE_FILE,
  functionOf,
  isDevice,
  isFromUser,
  nameInside,
  type Range,
  rangeIn,
} from './operations.ts';

/** A place in the trace. */
export interface Moment {
  /** Number of the event. */
  readonly at: number;
  /** Line of the file. */
  readonly line: number;
}

/** A function that begins or returns in an operation. */
export interface Step extends Moment {
  readonly symbol: string;
  readonly place: 'entry' | 'return';
  /** Who calls it; null where that is not said. */
  readonly from: string | null;
}

/** What a thread did. */
export interface Done extends Begun {
  readonly pid: number;
  readonly tgid: number | null;
  readonly task: string;
  readonly from: Moment;
  readonly until: Moment;
  readonly steps: readonly Step[];
}

/** A device file that was opened. */
export interface Opened {
  readonly tgid: number | null;
  readonly pid: number;
  readonly fd: number;
  readonly device: number;
}

/** Functions of an operation that are kept. */
const MOST_STEPS = 2000;

type Making = { -readonly [key in keyof Done]: Done[key] } & { steps: Step[]; call: string | null };

const joined = (one: Range | null, other: Range | null): Range | null =>
  one === null || other === null
    ? (one ?? other)
    : { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) };

/** Somebody who touches a page again has not got through the first time: that is one access. */
const isAgain = (last: Done | undefined, next: Begun): boolean =>
  last !== undefined &&
  (next.name === 'cr' || next.name === 'cw') &&
  last.name === next.name &&
  last.range?.start === next.range?.start;

/** A negative answer, which traces show as a number of 64 bits or with its sign. */
const isError = (answer: number): boolean => answer < 0 || answer >= 2 ** 63;

/** Hears of the events of all threads. */
export class Threads {
  readonly opened: Opened[] = [];
  readonly #now = new Map<number, Making>();
  readonly #last = new Map<number, Making>();
  readonly #opens = new Map<number, number>();
  readonly #told: (done: Done) => void;
  #at = 0;

  /** `told` hears of each operation when the next one of its thread begins, or the trace ends. */
  constructor(told: (done: Done) => void) {
    this.#told = told;
  }

  event(event: TraceEvent): void {
    const moment = { at: ++this.#at, line: event.line };
    this.#watchFiles(event);
    const now = this.#now.get(event.pid);
    if (now !== undefined && !isFromUser(event)) {
      if (this.#goesOn(now, event, moment)) return;
    }
    const begins = beginsWith(event);
    if (begins === null) return;
    this.#end(event.pid);
    const last = this.#last.get(event.pid);
    if (last !== undefined && isAgain(last, begins)) {
      this.#last.delete(event.pid);
      this.#now.set(event.pid, last);
      last.choice ??= `the thread faults on the page again in line ${event.line}: it is one access`;
      this.#goesOn(last, event, moment);
      return;
    }
    this.#tell(event.pid);
    const { pid, tgid, task, name } = event;
    const call = name.startsWith('sys_enter_') ? name.slice('sys_enter_'.length) : null;
    const made: Making = { ...begins, pid, tgid, task, from: moment, until: moment, steps: [], call };
    this.#now.set(pid, made);
    if (call === null && event.place === 'entry') this.#goesOn(made, event, moment);
  }

  /** Nobody knows what was lost: what is under way ends here. */
  lost(): void {
    this.end();
  }

  end(): void {
    for (const pid of [...this.#now.keys(), ...this.#last.keys()]) {
      this.#end(pid);
      this.#tell(pid);
    }
  }

  /** Takes an event into what is under way; false where it belongs to what comes next. */
  #goesOn(now: Making, event: TraceEvent, moment: Moment): boolean {
    const isExit = now.call !== null && event.name === `sys_exit_${now.call}`;
    // Without the events of system calls, only who calls a function says that it is another one.
    if (now.call === null && now.steps.length > 0 && event.name !== 'handle_mm_fault') {
      const begins = beginsWith(event);
      if (begins !== null && event.from !== null && /sys_/.test(event.from)) return false;
    }
    if (now.call === null && event.name === 'handle_mm_fault' && event.from !== null && now.range !== null) {
      const begins = beginsWith(event);
      if (begins?.range != null && begins.range.start !== now.range.start) return false;
    }
    now.until = moment;
    this.#sees(now, event, moment);
    const name = nameInside(now.name ?? now.what, event);
    if (name !== null) now.name = name;
    if (isDevice(now.name) || now.what === 'ioctl') now.range = joined(now.range, rangeIn(event));
    if (!isExit) return true;
    this.#answered(now, hexAt(event.fields, 'ret') ?? 0);
    this.#end(event.pid);
    return true;
  }

  #sees({ steps }: Making, event: TraceEvent, moment: Moment): void {
    if (steps.length === MOST_STEPS) return;
    const { name: symbol, place, from } = event;
    if (place !== 'event') steps.push({ ...moment, symbol, place, from });
    else {
      const within = functionOf(event);
      // Where the function is traced, too, the event says nothing more.
      if (within !== null && steps.at(-1)?.symbol !== within)
        steps.push({ ...moment, symbol: within, place: 'entry', from: null });
    }
  }

  /** Where a mapping comes to be is what the call answers; one that fails is none. */
  #answered(now: Making, ret: number): void {
    if (now.range === null || !/^mmapx?$/.test(now.name ?? '')) return;
    if (isError(ret)) [now.name, now.what] = [null, 'mmap that fails'];
    else if (ret > 0) now.range = { start: ret, end: ret + now.range.end - now.range.start };
  }

  #end(pid: number): void {
    const now = this.#now.get(pid);
    if (now === undefined) return;
    this.#now.delete(pid);
    this.#tell(pid);
    this.#last.set(pid, now);
  }

  #tell(pid: number): void {
    const last = this.#last.get(pid);
    if (last === undefined) return;
    this.#last.delete(pid);
    this.#told(last);
  }

  /** Device files: the name says which device, and the answer of the call its number. */
  #watchFiles({ name, pid, tgid, fields }: TraceEvent): void {
    const [, device] = /^sys_enter_open(at)?$/.test(name) ? (DEVICE_FILE.exec(fields.get('filename') ?? '') ?? []) : [];
    if (device !== undefined) this.#opens.set(pid, Number(device));
    else if (name === 'dmirror_fops_open' && !this.#opens.has(pid)) this.#opens.set(pid, 0);
    const opens = this.#opens.get(pid);
    if (opens === undefined || !/^sys_exit_open(at)?$/.test(name)) return;
    this.#opens.delete(pid);
    const fd = wholeAt(fields, 'ret');
    if (fd !== null && !isError(fd)) this.opened.push({ pid, tgid, fd, device: opens });
  }
}
