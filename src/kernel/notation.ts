/** From what the agent answers to what recordings have: numbers for frames, protections in letters, long lists as runs. */
import type { Answer } from '../programs/answer.ts';
import { protectionText } from '../programs/protection.ts';

/** Lists longer than this are run-length coded. */
const LONG_LIST = 40;

/** `[[first, count, step]]`: equal numbers, or each one more than the one before. */
function numberRuns(list: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (let i = 0; i < list.length; ) {
    const first = list[i] as number;
    const difference = (list[i + 1] ?? Number.NaN) - first;
    const step = difference === 1 ? 1 : 0;
    let count = 1;
    if (difference === 0 || difference === 1) while (list[i + count] === first + count * step) count++;
    runs.push([first, count, step]);
    i += count;
  }
  return runs;
}

/** `[[one, count]]`. */
function equalRuns(list: readonly unknown[]): [unknown, number][] {
  const runs: [unknown, number][] = [];
  for (const one of list) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === one) last[1]++;
    else runs.push([one, 1]);
  }
  return runs;
}

const isNumbers = (list: readonly unknown[]): list is number[] => list.every((one) => typeof one === 'number');

/** Lists of what counts up. The others say of each page what it is. */
const COUNTS_UP: ReadonlySet<string> = new Set(['v', 'n']);

/** A list as a recording has it. What a read found stays a list where some of it are signals. */
function listed(name: string, list: readonly unknown[]): [string, unknown] {
  if (list.length <= LONG_LIST) return [name, list];
  if (!COUNTS_UP.has(name)) return [`${name}r`, equalRuns(list)];
  return isNumbers(list) ? [`${name}r`, numberRuns(list)] : [name, list];
}

/** Numbers of the frames of a script, in the order in which they come up; 0 is none. */
export class FrameNumbers {
  readonly #numbers = new Map<number, number>([[0, 0]]);

  of(frame: number): number {
    const known = this.#numbers.get(frame);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(frame, number);
    return number;
  }
}

/** One answer of a script. `frames` is that of the script. */
export function inNotation({ k, frames: raw, s, v, ...rest }: Answer, frames: FrameNumbers): Answer {
  const answer: Record<string, unknown> = { ...rest };
  const put = (name: string, list: readonly unknown[]): void => {
    const [field, value] = listed(name, list);
    answer[field] = value;
  };
  if (Array.isArray(v)) put('v', v);
  if (Array.isArray(s)) {
    put('s', s);
    put('p', s.map(protectionText));
  }
  if (Array.isArray(k)) put('k', k);
  if (Array.isArray(raw))
    put(
      'n',
      raw.map((frame: number) => frames.of(frame)),
    );
  return answer;
}

/** A line of the kernel's log without what differs from one build to the next: `WARNING: at FUNCTION`. */
export function logLine(text: string): string {
  const [, kind = text, place] = /^(\w+):.*?\bat (?:\S+:\d+ )?([A-Za-z_]\w*)/.exec(text) ?? [];
  return place === undefined ? text : `${kind}: at ${place}`;
}
