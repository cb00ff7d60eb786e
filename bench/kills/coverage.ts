/** Which functions of the model, and which stretches of its code, are run: V8's own coverage. */
import { Session } from 'node:inspector';

/** Offsets in the text of a module. */
export type Stretch = readonly [from: number, to: number];

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

export interface Covered {
  readonly url: string;
  readonly functions: readonly { readonly functionName: string; readonly ranges: readonly Range[] }[];
}

/** V8's coverage, from one call to the next. */
export class Coverage {
  readonly #session = new Session();

  constructor(detailed: boolean) {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed });
  }

  take(): readonly Covered[] {
    return (this.#post('Profiler.takePreciseCoverage') as { readonly result: readonly Covered[] }).result;
  }

  end(): void {
    this.#session.disconnect();
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

/** Module of the model that a URL is of; null for what only uses it. */
export function moduleOf(url: string): string | null {
  const [, module] = /\/dist\/stepped\/src\/(.*)\.js$/.exec(url) ?? [];
  return module === undefined || /^(engines|programs|scenarios|cli|library|report)\//.test(module) ? null : module;
}

/** Stretches of a module that were not run, by what V8 says of its functions and blocks: the innermost one around a place counts. */
export function idleOf({ functions }: Covered): Stretch[] {
  const ranges = functions.flatMap((one) => one.ranges);
  const run = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)));
  for (const { startOffset, endOffset, count } of ranges.sort(
    (a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset,
  ))
    run.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  const idle: Stretch[] = [];
  for (let from = run.indexOf(0); from !== -1; ) {
    const to = run.indexOf(1, from);
    idle.push([from, to === -1 ? run.length : to]);
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
