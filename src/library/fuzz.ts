/** `fuzz()`: programs at random, each explored; what breaks a rule is made smaller and kept. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriverSettings } from '../drivers/base/options.ts';
import { type FuzzFind, type FuzzProgress, type FuzzResult, fuzzResult } from '../engines/matrix/fuzzResult.ts';
import { byName, checkOptions, givenOptions } from '../input/options.ts';
import { checkShard, type Shard, tasksOf } from '../input/shard.ts';
import { UsageError } from '../input/usageError.ts';
import { parseProgram, programText } from '../programs/program.ts';
import { Guide } from '../programs/random/guide.ts';
import { type Hooks, type Result, resultAs } from './call.ts';
import { exploreBounds } from './explore.ts';
import { blocksOf, fuzzBlock } from './fuzzBlock.ts';
import { manyBounds, manySubject, subjectConfig } from './provePrograms.ts';
import { isStopped } from './smallestProgram.ts';
import { type DriverRequest, driverOptions } from './subject.ts';

export interface FuzzRequest extends DriverRequest {
  /** How many programs: 1 to 1e9. Default 1,000. */
  readonly programs?: number | undefined;
  /** Which ones: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
  /** Number of the first one. Default 0. */
  readonly from?: number | undefined;
  /** Most states of each search of a program: 1 to 40 million. Default 20,000. What comes of one depends on it, and not on the machine. */
  readonly limit?: number | undefined;
  /** Longest time at each, in seconds: above 0, at most 86,400. Default 300. */
  readonly seconds?: number | undefined;
  /** Threads, each at a program of its own: 1 to 64. Default 1. */
  readonly workers?: number | undefined;
  /** Draws the same programs each time: what was met so far does not matter. Default false. */
  readonly blind?: boolean | undefined;
  /**
   * Into how many blocks the programs are divided, each of which learns from its own: 1 to 100,000. Default: as many as there are parts,
   * and 1 without parts.
   */
  readonly blocks?: number | undefined;
  /** Only part i of n of the blocks, from 1: `[1, 4]`. {@link mergeReports} joins the parts. */
  readonly shard?: Shard | undefined;
  /** A folder that what is found is written to, a program each. */
  readonly corpus?: string | undefined;
}

export const fuzzUsual = { programs: 1000, seed: 1, from: 0, limit: 20_000, seconds: 300, workers: 1, blind: false } as const;
export const fuzzBounds = {
  ...exploreBounds,
  limit: manyBounds.limit,
  programs: { kind: 'whole', min: 1, max: 1_000_000_000 },
  from: { kind: 'whole', min: 0, max: 1_000_000_000 },
  blocks: { kind: 'whole', min: 1, max: 100_000 },
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
      readonly blocks: number;
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: string | null;
      readonly limit: number;
      readonly seconds: number;
    };
  } & FuzzResult
>;

export interface FuzzHooks extends Hooks<FuzzProgress> {
  readonly onFind?: ((find: FuzzFind) => void) | undefined;
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
 * `blind` the first one, and then the same seed draws the same programs. What was met in one block of programs is not known in another.
 *
 * @throws UsageError, one sentence, for what is not allowed, and when a find cannot be written.
 */
export async function fuzz(request: FuzzRequest = {}, { onFind, onProgress, signal }: FuzzHooks = {}): Promise<FuzzReport> {
  const given = givenOptions('a fuzzing', request);
  const { programs, seed, from, limit, seconds, workers } = fuzzBounds;
  checkOptions('a fuzzing', given, {
    numbers: { programs, seed, from, limit, seconds, workers, blocks: fuzzBounds.blocks },
    others: { corpus: 'string', blind: 'boolean', shard: 'list', ...driverOptions },
  });
  if (given.shard !== undefined) checkShard(given.shard, byName);
  const all = { ...fuzzUsual, ...given };
  const count = given.blocks ?? given.shard?.[1] ?? 1;
  const subject = await manySubject(given);
  const { pairOf } = await import('../engines/explore/machine/meetings.ts');
  const { driver, driverSettings, kernel, bug } = given;
  const began = Date.now();
  const finds = new Map<string, FuzzFind>();
  const met = new Set<number>();
  const counts = { programs: 0, proved: 0, misfits: 0, states: 0 };
  const blocks = tasksOf(blocksOf(all.from, all.programs, count), all.shard ?? [1, 1]);
  const total = blocks.reduce((sum, block) => sum + block.count, 0);
  for (const block of blocks) {
    // Each learns from its own programs alone: what comes of it does not depend on who does the others.
    const guide = new Guide(all.seed, subject.can, !all.blind, pairOf);
    const options = {
      guide,
      subject,
      explored: { driver, driverSettings, kernel, bug },
      limits: { states: all.limit, seconds: all.seconds, workers: all.workers },
    };
    const done = await fuzzBlock(block, options, {
      signal,
      onFind: (find) => {
        const known = finds.get(find.smallest);
        finds.set(find.smallest, known === undefined ? find : { ...known, times: known.times + 1 });
        if (known !== undefined) return;
        if (all.corpus !== undefined) keep(all.corpus, find);
        onFind?.(find);
      },
      onProgress: (doing, { programs, proved }) =>
        onProgress?.({
          elapsedSeconds: (Date.now() - began) / 1000,
          done: counts.programs + programs,
          total,
          proved: counts.proved + proved,
          finds: finds.size,
          pairs: new Set([...met, ...guide.pairs]).size,
          doing,
        }),
    });
    for (const name of ['programs', 'proved', 'misfits', 'states'] as const) counts[name] += done[name];
    for (const pair of guide.pairs) met.add(pair);
  }
  const config = {
    programs: all.programs,
    seed: all.seed,
    from: all.from,
    blind: all.blind,
    blocks: count,
    ...subjectConfig(subject),
    limit: all.limit,
    seconds: all.seconds,
  };
  const facts = {
    ...counts,
    seconds: (Date.now() - began) / 1000,
    workers: all.workers,
    interrupted: isStopped(signal),
    part: all.shard === undefined ? null : { shard: all.shard, tasks: blocks.map(({ first }) => `${first}`) },
  };
  return resultAs('hmm-lab/fuzz/1', { config, ...fuzzResult([...finds.values()], met, facts) });
}
