/**
 * Lines of a trace: those of the `trace` file of ftrace, with the function tracer, the function_graph tracer or none, and those of
 * `trace-cmd report`.
 */

/** Who did something, where and when; and what, as text. */
export interface TaskLine {
  readonly kind: 'task';
  readonly task: string;
  readonly pid: number;
  /** Its process; null where the trace does not say. */
  readonly tgid: number | null;
  /** Seconds. */
  readonly time: number;
  readonly text: string;
}

/** A line of function_graph. It need not say who: then it is who runs on the CPU. */
export interface GraphLine {
  readonly kind: 'graph';
  readonly cpu: number;
  readonly pid: number | null;
  readonly task: string;
  readonly time: number | null;
  readonly text: string;
}

export type TraceLine =
  | TaskLine
  | GraphLine
  /** The task of a CPU changes. */
  | { readonly kind: 'switch'; readonly cpu: number; readonly task: string; readonly pid: number }
  /** Events that are not there. */
  | { readonly kind: 'lost'; readonly count: number | null }
  /** It says nothing of what happened. */
  | { readonly kind: 'head' };

/** `reproducer-106   (   105) [000] d..1.  9.247: what`, with or without the process, and without the flags. */
const TASK = /^\s*(\S.*?)-(\d+)\s+(?:\(\s*([\d-]+)\)\s*)?\[\d+\]\s+(?:\S+\s+){0,2}?(\d+\.\d+):\s+(.*)$/;
/** ` 12.3 |   0)  reproduce-106  |   1.2 us   |  what`: what comes before the task, the task, and how long it took. Not all need be there. */
const GRAPH_CPU = /^\s*(?:(\d+\.\d+)\s*\|\s*)?(\d+)\)\s/;
const GRAPH_TASK = /^(\S[^|]*?)-(\d+)\s+\|/;
const GRAPH_TOOK = /^(?:[-+!#*@$.\w]{1,2} +)?(?:\d+(?:\.\d+)? us)?$/;
/** ` 0)  bash-12  =>  agent-13`. */
const SWITCH = /^\s*(\d+)\)\s+\S.*=>\s+(\S.*?)-(\d+)\s*$/;
const LOST = /^\s*CPU:?\s*\d+\s+\[(?:LOST (\d+) EVENTS|(\d+) EVENTS DROPPED|EVENTS DROPPED)\]/;
const HEAD = /^\s*(#.*|-{5,}|cpus=\d+|CPU:? ?\d+ is empty|version = .*|#{4,} CPU \d+ buffer started #{4,})?$/;

const headLine = { kind: 'head' } as const;

/** What a line is; null for what is no line of a trace. */
export function parseLine(text: string): TraceLine | null {
  const task = TASK.exec(text);
  if (task !== null) {
    const [, name = '', pid, tgid, time, what = ''] = task;
    const process = /^\d+$/.test(tgid ?? '') ? Number(tgid) : null;
    return { kind: 'task', task: name, pid: Number(pid), tgid: process, time: Number(time), text: what };
  }
  if (HEAD.test(text)) return headLine;
  const lost = LOST.exec(text);
  if (lost !== null) {
    const count = lost[1] ?? lost[2];
    return { kind: 'lost', count: count === undefined ? null : Number(count) };
  }
  const other = SWITCH.exec(text);
  if (other !== null) return { kind: 'switch', cpu: Number(other[1]), task: other[2] as string, pid: Number(other[3]) };
  return parseGraph(text);
}

function parseGraph(text: string): GraphLine | null {
  const head = GRAPH_CPU.exec(text);
  if (head === null) return null;
  const [{ length }, time, cpu] = head;
  const rest = text.slice(length).trimStart();
  const [{ length: named } = '', task = '', pid] = GRAPH_TASK.exec(rest) ?? [];
  const parts = rest.slice(named);
  const bar = parts.indexOf('|');
  if (bar < 0 || !GRAPH_TOOK.test(parts.slice(0, bar).trim())) return null;
  return {
    kind: 'graph',
    cpu: Number(cpu),
    pid: pid === undefined ? null : Number(pid),
    task,
    time: time === undefined ? null : Number(time),
    text: parts.slice(bar + 1).trimStart(),
  };
}
