/** `fuzz()`: programs at random, each explored; what breaks a rule is made smaller and kept. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriverSettings } from '../drivers/base/options.ts';
import type { ExploreFailure } from '../engines/explore/failure/report.ts';
import type { Meetings } from '../engines/explore/machine/meetings.ts';
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { FuzzFind, FuzzProgress, FuzzResult } from '../engines/matrix/fuzzResult.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { UsageError } from '../input/usageError.ts';
import { parseProgram, programName, programText } from '../programs/program.ts';
import { Guide } from '../programs/random/guide.ts';
import { smaller } from '../programs/random/smaller.ts';
import { type Hooks, type Result, resultAs } from './call.ts';
import { explore, exploreBounds } from './explore.ts';
import { manySubject, provePrograms, subjectConfig } from './provePrograms.ts';
import { type DriverRequest, driverOptions } from './subject.ts';

export interface FuzzRequest extends DriverRequest {
  /** How many programs: 1 to 1e9. Default 1,000. */
  readonly programs?: number | undefined;
  /** Which ones: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
  /** Number of the first one. Default 0. */
  readonly from?: number | undefined;
  /** How long to look at each, in seconds: above 0, at most 86,400. Default 2. */
  readonly seconds?: number | undefined;
  /** Threads, each at a program of its own: 1 to 64. Default 1. */
  readonly workers?: number | undefined;
  /** Draws the same programs each time: what was met so far does not matter. Default false. */
  readonly blind?: boolean | undefined;
  /** A folder that what is found is written to, a program each. */
  readonly corpus?: string | undefined;
}

export const fuzzUsual = { programs: 1000, seed: 1, from: 0, seconds: 2, workers: 1, blind: false } as const;
export const fuzzBounds = {
  ...exploreBounds,
  programs: { kind: 'whole', min: 1, max: 1_000_000_000 },
  from: { kind: 'whole', min: 0, max: 1_000_000_000 },
} as const;

/** `--json` of `hmm-lab fuzz`. */
export type FuzzReport = Result<
  'hmm-lab/fuzz/1',
  {
    readonly config: {
      readonly programs: number;
      readonly seed: number;
      readonly from: number;
      readonly blind: boolean;
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: string | null;
      readonly seconds: number;
    };
  } & FuzzResult
>;

export interface FuzzHooks extends Hooks<FuzzProgress> {
  readonly onFind?: ((find: FuzzFind) => void) | undefined;
}

/** Programs that are handed to the threads at a time; what was met in them is known of those that are drawn next. */
const BATCH = 50;

/** Searches for each smaller program; and programs that are tried. */
const SMALLER_SECONDS = 3;
const MOST_SMALLER = 200;

/** The model and the driver of the call, without what is about fuzzing. */
const exploredOf = ({ driver, driverSettings, kernel, bug }: FuzzRequest): DriverRequest => ({
  driver,
  driverSettings,
  kernel,
  bug,
});

/** Does it break the rule? Null if not, or if it cannot be set up. */
async function broken(
  program: string,
  rule: string,
  request: DriverRequest,
  signal?: AbortSignal,
): Promise<ExploreFailure | null> {
  try {
    const { failure } = await explore(
      { ...request, scenario: program, seconds: SMALLER_SECONDS },
      signal === undefined ? {} : { signal },
    );
    return failure?.oracle === rule ? failure : null;
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

const isStopped = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** The smallest program that breaks the same rule, and how. */
async function shrunk(
  text: string,
  rule: string,
  request: DriverRequest,
  signal?: AbortSignal,
): Promise<{ readonly smallest: string; readonly failure: ExploreFailure | null }> {
  let best = parseProgram(text);
  let failure: ExploreFailure | null = null;
  let tries = 0;
  for (let again = true; again && !isStopped(signal); ) {
    again = false;
    for (const one of smaller(best)) {
      if (++tries > MOST_SMALLER || isStopped(signal)) break;
      const found = await broken(programName(one), rule, request, signal);
      if (found === null) continue;
      [best, failure, again] = [one, found, true];
      break;
    }
  }
  failure ??= await broken(text, rule, request, signal);
  return { smallest: programName(best), failure };
}

/** One more find in the folder, as a program that can be explored. @throws UsageError when it cannot be written. */
function keep(folder: string, { smallest, failure, program }: FuzzFind): void {
  const name = createHash('sha256').update(smallest).digest('hex').slice(0, 12);
  const remarks = [`# ${failure.oracle}: ${failure.message}`, `# found as: ${program}`];
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, `${name}.hmm`),
      `${remarks.join('\n')}\n${failure.program ?? programText(parseProgram(smallest))}`,
    );
  } catch (error) {
    throw new UsageError(`the folder '${folder}' cannot be written to: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Draws programs at random, searches all interleavings of each, and makes those that break a rule smaller, until no column, operation
 * or part of the set-up can be left out. Of several candidates the one is searched of which most new pairs of points are to be expected; with
 * `blind` the first one, and then the same seed draws the same programs.
 *
 * @throws UsageError, one sentence, for what is not allowed, and when a find cannot be written.
 */
export async function fuzz(request: FuzzRequest = {}, { onFind, onProgress, signal }: FuzzHooks = {}): Promise<FuzzReport> {
  const given = givenOptions('a fuzzing', request);
  const { programs, seed, from, seconds, workers } = fuzzBounds;
  checkOptions('a fuzzing', given, {
    numbers: { programs, seed, from, seconds, workers },
    others: { corpus: 'string', blind: 'boolean', ...driverOptions },
  });
  const all = { ...fuzzUsual, ...given };
  const subject = await manySubject(given);
  const { pairOf } = await import('../engines/explore/machine/meetings.ts');
  const guide = new Guide(all.seed, subject.can, !all.blind, pairOf);
  const began = Date.now();
  const finds = new Map<string, FuzzFind>();
  const counts = { programs: 0, proved: 0, misfits: 0, states: 0 };
  const tell = (doing: string, inBatch = 0, proved = 0): void =>
    onProgress?.({
      elapsedSeconds: (Date.now() - began) / 1000,
      done: counts.programs + inBatch,
      total: all.programs,
      proved: counts.proved + proved,
      finds: finds.size,
      pairs: guide.pairs,
      doing,
    });
  for (let first = 0; first < all.programs && !isStopped(signal); first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, all.programs - first) }, (_, i) => all.from + first + i);
    const drawn = new Map(numbers.map((number) => [programName(guide.program(number)), number]));
    const met = new Map<string, Meetings[]>();
    const rows: (readonly [program: string, row: ProofRow])[] = [];
    const limits = { seconds: all.seconds, workers: all.workers };
    const onBatch = {
      signal,
      onProgress: ({ done, proved }: { done: number; proved: number }) => tell('searching', done, proved),
      onRow: (program: string, row: ProofRow) => void rows.push([program, row]),
      onMet: (program: string, meetings: Meetings) => void met.set(program, [...(met.get(program) ?? []), meetings]),
    };
    const result = await provePrograms(subject, [...drawn.keys()], limits, onBatch);
    // In the order of their numbers, whichever was done first.
    for (const program of drawn.keys()) guide.learn(parseProgram(program), met.get(program) ?? []);
    counts.programs += rows.length + (result?.misfits.length ?? 0);
    counts.misfits += result?.misfits.length ?? 0;
    counts.proved += result?.proved ?? 0;
    counts.states += result?.states ?? 0;
    for (const [program, { failure }] of rows) {
      if (failure === null || isStopped(signal)) continue;
      tell('making a program smaller');
      const small = await shrunk(program, failure.oracle, exploredOf(given), signal);
      const known = finds.get(small.smallest);
      const shown = small.failure ?? failure;
      const { oracle, message, preemptions, token, program: scheduled } = shown;
      const find = {
        number: drawn.get(program) ?? -1,
        program,
        smallest: small.smallest,
        failure: { oracle, message, preemptions, token, program: scheduled },
        times: (known?.times ?? 0) + 1,
      };
      finds.set(small.smallest, known === undefined ? find : { ...known, times: find.times });
      if (known !== undefined) continue;
      if (all.corpus !== undefined) keep(all.corpus, find);
      onFind?.(find);
    }
  }
  const config = {
    programs: all.programs,
    seed: all.seed,
    from: all.from,
    blind: all.blind,
    ...subjectConfig(subject),
    seconds: all.seconds,
  };
  return resultAs('hmm-lab/fuzz/1', {
    config,
    verdict: finds.size > 0 ? 'violation' : 'clean',
    finds: [...finds.values()],
    ...counts,
    pairs: guide.pairs,
    seconds: (Date.now() - began) / 1000,
    workers: all.workers,
    interrupted: isStopped(signal),
  });
}
