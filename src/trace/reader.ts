/** A trace as a stream of events: each line is looked at once, and what is no line of a trace is counted. */
import { UsageError } from '../input/usageError.ts';
import { graphOfTask, type Told, type TraceEvent, toldByGraph, toldByTask } from './events.ts';
import { type GraphLine, parseLine, type TaskLine } from './lines.ts';
import { eachLine } from './text.ts';

/** What a trace is as a file. */
export interface TraceFacts {
  lines: number;
  events: number;
  /** Lines that are none of a trace, and the first of them. */
  odd: number;
  firstOdd: number;
  /** Places where the kernel says that it has lost events, and the first of them. */
  gaps: number;
  firstGap: number;
  /** Events that were lost there, as far as it is said. */
  lost: number;
  /** Lines that are earlier than the one before. */
  backwards: number;
  /** The last line has no end. */
  isCutOff: boolean;
}

/** Who hears of what a trace tells, in the order of its lines. */
export interface Listener {
  readonly event: (event: TraceEvent) => void;
  /** Events may be missing from here on. */
  readonly lost: (line: number) => void;
}

/** Who is meant by lines of function_graph, and in which functions. */
class GraphTasks {
  readonly #running = new Map<number, { readonly pid: number; readonly task: string }>();
  readonly #stacks = new Map<number, Told[]>();
  /** A function that was opened and closed in one line ends before the next event of its task, which may be long after. */
  readonly #leaves = new Map<number, Told>();

  runs(cpu: number, pid: number, task: string): void {
    this.#running.set(cpu, { pid, task });
  }

  /** Who it is: before a change of tasks was seen on a CPU, nobody says. */
  whoOf({ cpu, pid, task }: GraphLine): { readonly pid: number; readonly task: string } {
    if (pid !== null) return { pid, task };
    return this.#running.get(cpu) ?? { pid: -1 - cpu, task: `whoever ran on CPU ${cpu}` };
  }

  /** What the line tells of the task, in order; null for a line that is none. */
  told(pid: number, text: string): Told[] | null {
    const graph = toldByGraph(text);
    if (graph === null) return null;
    const told = this.ended(pid);
    const stack = this.#stacks.get(pid) ?? [];
    this.#stacks.set(pid, stack);
    if (graph.kind === 'close') {
      const last = stack.pop();
      return last === undefined ? told : [...told, { ...last, place: 'return' }];
    }
    const one = graph.kind === 'note' ? graph.told : { ...graph.told, from: stack.at(-1)?.name ?? null };
    if (graph.kind === 'open') stack.push(one);
    if (graph.kind === 'leaf') this.#leaves.set(pid, one);
    return [...told, one];
  }

  /** The function that has ended when the task goes on. */
  ended(pid: number): Told[] {
    const leaf = this.#leaves.get(pid);
    this.#leaves.delete(pid);
    return leaf === undefined ? [] : [{ ...leaf, place: 'return' }];
  }

  /** After a loss nobody knows who is where. */
  forget(): void {
    this.#stacks.clear();
    this.#leaves.clear();
  }
}

/** Between two looks at the signal. */
const LINES_PER_LOOK = 4096;

/**
 * Reads a trace, and tells what is in it. Stopped by the signal it returns what it has seen.
 *
 * @throws UsageError, one sentence, for what cannot be read, is empty, or is no trace.
 */
export async function readTrace(name: string, listener: Listener, signal?: AbortSignal): Promise<TraceFacts> {
  const facts: TraceFacts = {
    ...{ lines: 0, events: 0, odd: 0, firstOdd: 0, gaps: 0, firstGap: 0, lost: 0, backwards: 0, isCutOff: false },
  };
  const graph = new GraphTasks();
  let before = 0;
  const timed = (time: number | null): void => {
    if (time === null) return;
    if (time < before) facts.backwards++;
    before = time;
  };
  const ofTask = ({ pid, text }: TaskLine): readonly Told[] | null => {
    const body = graphOfTask(text);
    if (body !== null) return graph.told(pid, body);
    const told = toldByTask(text);
    return told === null ? null : [...graph.ended(pid), told];
  };
  const tell = (
    line: number,
    who: { readonly pid: number; readonly task: string; readonly tgid: number | null },
    told: readonly Told[],
  ) => {
    facts.events++;
    for (const one of told) listener.event({ ...one, ...who, line });
  };
  await eachLine(name, ({ number, text, isCutOff }) => {
    if (number % LINES_PER_LOOK === 0 && signal?.aborted === true) return false;
    facts.lines = number;
    facts.isCutOff = isCutOff;
    const line = parseLine(text);
    let told: readonly Told[] | null = [];
    if (line?.kind === 'task') {
      timed(line.time);
      told = ofTask(line);
      if (told !== null) tell(number, { pid: line.pid, task: line.task, tgid: line.tgid }, told);
    } else if (line?.kind === 'graph') {
      timed(line.time);
      const { pid, task } = graph.whoOf(line);
      told = graph.told(pid, line.text);
      if (told !== null) tell(number, { pid, task, tgid: null }, told);
    } else if (line?.kind === 'switch') graph.runs(line.cpu, line.pid, line.task);
    else if (line?.kind === 'lost') {
      facts.gaps++;
      facts.firstGap ||= number;
      facts.lost += line.count ?? 0;
      graph.forget();
      listener.lost(number);
    }
    if (line === null || told === null) {
      facts.odd++;
      facts.firstOdd ||= number;
    }
    return true;
  });
  if (facts.lines === 0) throw new UsageError(`trace '${name}' is empty`);
  if (facts.events === 0) throw new UsageError(noTrace(name, facts));
  return facts;
}

const noTrace = (name: string, { lines, odd }: TraceFacts): string =>
  odd === 0
    ? `trace '${name}' has ${lines} lines and no event: nothing was traced`
    : `'${name}' is no trace: none of its ${lines} lines is one of ftrace's or of trace-cmd report`;
