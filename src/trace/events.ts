/** What a line of a trace tells: a function begins or returns, or an event with its fields. */

export type Fields = ReadonlyMap<string, string>;

export interface Told {
  readonly place: 'entry' | 'return' | 'event';
  /** A function, without what the compiler has added; an event, which is `sys_enter_NAME` or `sys_exit_NAME` for a system call. */
  readonly name: string;
  /** Who calls the function; null where that is not said. */
  readonly from: string | null;
  readonly fields: Fields;
}

/** The same, with who did it. */
export interface TraceEvent extends Told {
  /** Line of the file. */
  readonly line: number;
  readonly pid: number;
  readonly task: string;
  readonly tgid: number | null;
}

/** A thread as messages name it. Of a CPU whose thread was never named the number is below 0. */
export const who = ({ task, pid }: Pick<TraceEvent, 'task' | 'pid'>): string => (pid < 0 ? task : `${task}-${pid}`);

const NONE: Fields = new Map();

/** `a=1, b: 2 "text"`: a number may have a text behind it. */
const FIELD = /([A-Za-z_]\w*)\s*[=:]\s*((?:\w+\s+)?"[^"]*"|[^\s,()]+)/g;

function fieldsOf(text: string | undefined): Fields {
  if (text === undefined || text === '') return NONE;
  return new Map([...text.matchAll(FIELD)].map(([, name, value]) => [name as string, value as string]));
}

/** `dmirror_migrate_to_device.constprop.0` is dmirror_migrate_to_device. */
const plain = (name: string): string => name.replace(/\.(isra|constprop|part|cold|llvm)\b.*$/, '');

const FUNCTION = /^([\w.]+)(?: \[\w+\])?(?:\((.*)\))?\s+<--?\s*([\w.]+)/;
const GRAPH_OPEN = /^([\w.]+)(?: \[\w+\])?\((.*)\)(?: \{|;)(?: \/\*.*)?$/;
const GRAPH_NOTE = /^\/\*\s*(.*?)\s*\*\/$/;
const ENTER = /^sys_([a-z]\w*)\((.*)\)$/;
const EXIT = /^sys_([a-z]\w*) -> (-?\w+)$/;
const EVENT = /^([a-z_]\w*): ?\s*(.*)$/;

/** An event of a line that is one; null for what is none. */
function toldByEvent(text: string): Told | null {
  const enter = ENTER.exec(text);
  if (enter !== null) return { place: 'event', name: `sys_enter_${enter[1]}`, from: null, fields: fieldsOf(enter[2]) };
  const exit = EXIT.exec(text);
  if (exit !== null)
    return { place: 'event', name: `sys_exit_${exit[1]}`, from: null, fields: new Map([['ret', exit[2] as string]]) };
  const event = EVENT.exec(text);
  if (event === null) return null;
  const [, name = '', rest = ''] = event;
  const fields = name.startsWith('sys_exit_') ? new Map([['ret', rest.trim()]]) : fieldsOf(rest);
  return { place: 'event', name, from: null, fields };
}

/** What a line of a task tells. */
export function toldByTask(text: string): Told | null {
  const called = FUNCTION.exec(text.replace(/^function:\s+/, ''));
  if (called === null) return toldByEvent(text.trimEnd());
  const [, name = '', words, from = ''] = called;
  return { place: 'entry', name: plain(name), from: plain(from), fields: fieldsOf(words) };
}

/** What a line of function_graph says: a function is opened, closed, or both; or an event comes in between. */
export type GraphTold =
  | { readonly kind: 'open' | 'leaf'; readonly told: Told }
  | { readonly kind: 'close' }
  | { readonly kind: 'note'; readonly told: Told };

export function toldByGraph(text: string): GraphTold | null {
  const line = text.trim();
  if (line.startsWith('}')) return { kind: 'close' };
  const note = GRAPH_NOTE.exec(line);
  if (note !== null) {
    const told = toldByEvent(note[1] as string);
    return told === null ? null : { kind: 'note', told };
  }
  const open = GRAPH_OPEN.exec(line);
  if (open === null) return null;
  const told = { place: 'entry', name: plain(open[1] as string), from: null, fields: fieldsOf(open[2]) } as const;
  return { kind: line.includes('{') ? 'open' : 'leaf', told };
}

/** The body of a line in which trace-cmd shows function_graph: `funcgraph_entry:  1.2 us |  f();`. */
export const graphOfTask = (text: string): string | null => /^funcgraph_(?:entry|exit):[^|]*\|(.*)$/.exec(text)?.[1] ?? null;

/** A number as a trace writes it: an address or a mask in hexadecimal, with or without 0x. Null for what is none. */
export function hexAt(fields: Fields, name: string): number | null {
  const text = /^-?(?:0x)?[\da-f]+/i.exec(fields.get(name) ?? '')?.[0];
  return text === undefined ? null : Number.parseInt(text.replace(/^0x/i, ''), 16);
}

/** The same for what is written in decimal, if not with 0x. */
export function wholeAt(fields: Fields, name: string): number | null {
  const text = fields.get(name) ?? '';
  const [number] = /^-?(?:0x[\da-f]+|\d+)/i.exec(text) ?? [];
  return number === undefined ? null : Number(number);
}
