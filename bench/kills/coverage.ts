/** Which functions of the model, and which stretches of its code, are run: V8's own coverage. */
import { Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

/** Offsets in the text of a module. */
export type Stretch = readonly [from: number, to: number];

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Covered {
  readonly url: string;
  readonly functions: readonly { readonly functionName: string; readonly ranges: readonly Range[] }[];
}

/** Module of the model that a URL is of; null for what only uses it. */
function moduleOf(url: string): string | null {
  const [, module] = /\/dist\/stepped\/src\/(.*)\.js$/.exec(url) ?? [];
  return module === undefined || /^(engines|programs|scenarios|cli|library|report)\//.test(module) ? null : module;
}

/**
 * V8's coverage. It counts blocks only in functions that are compiled after it began: make one before anything of the model runs, and one
 * for all.
 */
export class Coverage {
  readonly #session = new Session();
  /** Of each module, which letters of its text were run. */
  readonly #run = new Map<string, Uint8Array>();

  constructor() {
    // A function that the compiler has optimised, or put into its callers, is not counted any more.
    setFlagsFromString('--no-opt');
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What was run so far counts for nothing. */
  forget(): void {
    this.#take();
  }

  /** Functions that were run since: `MODULE NAME`. */
  functionsRun(): string[] {
    return this.#take().flatMap(({ url, functions }) => {
      const module = moduleOf(url);
      if (module === null) return [];
      this.#note(module, functions);
      return functions.flatMap(({ functionName, ranges: [whole] }) =>
        whole === undefined || whole.count === 0 || functionName === '' ? [] : [`${module} ${functionName}`],
      );
    });
  }

  /** The stretches that were not run by anything that counts. */
  idle(): Record<string, Stretch[]> {
    return Object.fromEntries([...this.#run].map(([module, run]) => [module, stretchesOf(run)]));
  }

  end(): void {
    this.#session.disconnect();
  }

  /** The innermost function or block around a letter says whether it was run. */
  #note(module: string, functions: Covered['functions']): void {
    const ranges = functions
      .flatMap((one) => one.ranges)
      .sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
    const length = ranges.reduce((most, { endOffset }) => Math.max(most, endOffset), 0);
    const now = new Uint8Array(length);
    for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    const before = this.#run.get(module) ?? now;
    const [long, short] = before.length < length ? [now, before] : [before, now];
    for (let i = 0; i < short.length; i++) if (short[i] === 1) long[i] = 1;
    this.#run.set(module, long);
  }

  #take(): readonly Covered[] {
    return (this.#post('Profiler.takePreciseCoverage') as { readonly result: readonly Covered[] }).result;
  }

  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

/** The rest of a text is idle, too. */
function stretchesOf(run: Uint8Array): Stretch[] {
  const idle: Stretch[] = [];
  for (let from = run.indexOf(0); from !== -1; ) {
    const to = run.indexOf(1, from);
    idle.push([from, to === -1 ? Number.MAX_SAFE_INTEGER : to]);
    from = to === -1 ? -1 : run.indexOf(0, to);
  }
  return idle;
}

/** What is idle in both. Stretches are in order, and none touches the next one. */
export function bothIdle(one: readonly Stretch[], other: readonly Stretch[]): Stretch[] {
  return one.flatMap(([from, to]) =>
    other.flatMap(([start, end]): Stretch[] => (start < to && from < end ? [[Math.max(from, start), Math.min(to, end)]] : [])),
  );
}
