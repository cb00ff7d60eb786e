/** Comparing answers: every field exactly, frame numbers by which of them are equal within one moment. */
import type { Answer } from '../../programs/answer.ts';
import type { Operation } from '../../programs/operation.ts';

/** Lists longer than 40 are recorded run-length coded under a second name. */
const coded: Readonly<Record<string, string>> = { vr: 'v', sr: 's', pr: 'p', kr: 'k', nr: 'n' };

/** `[[first, count, step]]` and `[[text, count]]`. */
function expand(runs: unknown): unknown[] {
  if (!Array.isArray(runs)) return [];
  return runs.flatMap((entry: unknown) => {
    const [first, count, step = 0] = entry as [unknown, number, number?];
    return Array.from({ length: count }, (_, i) => (typeof first === 'number' ? first + i * step : first));
  });
}

/** An answer with its lists written out. */
export function plain(answer: Answer): Answer {
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => (coded[key] === undefined ? [key, value] : [coded[key], expand(value)])),
  );
}

/** Frame numbers of the two sides that have been seen to stand for each other in this moment. */
class Frames {
  readonly #expected = new Map<number, number>();
  readonly #got = new Map<number, number>();

  matches(expected: number, got: number): boolean {
    if (expected === 0 || got === 0) return expected === got;
    const [other, back] = [this.#expected.get(expected), this.#got.get(got)];
    if (other === undefined && back === undefined) {
      this.#expected.set(expected, got);
      this.#got.set(got, expected);
      return true;
    }
    return other === got && back === expected;
  }
}

function sameFrames(frames: Frames, expected: unknown, got: unknown): boolean {
  if (!Array.isArray(expected) || !Array.isArray(got) || expected.length !== got.length) return false;
  return expected.map((id, i) => frames.matches(id as number, got[i] as number)).every((same) => same);
}

/** The states of pages as the first recorder wrote them: without a mark on exclusive entries of a huge page. */
function inFirstNotation({ k, ...rest }: Answer): Answer {
  if (!Array.isArray(k)) return k === undefined ? rest : { ...rest, k };
  return { ...rest, k: k.map((kind) => String(kind).replace(/^(e[wr])h$/, '$1')) };
}

/** Compares the answers of one script, in order. */
export class Comparison {
  readonly #firstNotation: boolean;
  #frames = new Frames();
  #inMoment = false;

  constructor(firstNotation: boolean) {
    this.#firstNotation = firstNotation;
  }

  /** Names of the fields that differ. */
  differences({ name }: Operation, recorded: Answer, answer: Answer): string[] {
    const got = this.#firstNotation ? inFirstNotation(answer) : answer;
    const expected = plain(recorded);
    // A moment is a run of looks at page tables, by whichever processes; anything else may free and recycle frames.
    if (name !== 'pm') this.#inMoment = false;
    else if (!this.#inMoment) {
      this.#inMoment = true;
      this.#frames = new Frames();
    }
    const fields = new Set([...Object.keys(expected), ...Object.keys(got).filter((field) => field !== 'flt')]);
    return [...fields].filter((field) => {
      if (name === 'pm' && field === 'n') return !sameFrames(this.#frames, expected[field], got[field]);
      return JSON.stringify(expected[field]) !== JSON.stringify(got[field]);
    });
  }
}
