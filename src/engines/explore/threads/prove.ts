/** Proves scenarios: those that were asked for, or all that fit a driver; each in one thread, several at a time. */
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { type Shard, tasksOf } from '../../../input/shard.ts';
import { isUsageError, UsageError } from '../../../input/usageError.ts';
import type { ExploreOptions } from '../explore.ts';
import type { Meetings } from '../machine/meetings.ts';
import { Control, LANES } from '../plan/control.ts';
import { type Asked, Proof, type ProofLimits, type ProofRow } from '../plan/proof.ts';
import { type ProveResult, proveResult } from '../plan/proofResult.ts';
import { reduction } from '../search/reduction.ts';
import { report } from './failureReport.ts';
import { measured } from './measured.ts';
import { type ExploreProgress, supervised } from './supervised.ts';
import { Stuck, Threads } from './threads.ts';
import type { AnyScenario, Misfit, Started } from './work.ts';

export interface ProveOptions extends ProofLimits {
  /** Names, or paths of modules; all that fit the driver if undefined. */
  readonly scenarios?: readonly string[] | undefined;
  /** Those that are named are many: each is set up when its turn comes, left out if it does not fit, and not weighed. Default: they are refused. */
  readonly areMany?: boolean;
  /** In place of the drivers that the scenarios have: a name or the path of a module. */
  readonly driver?: string | undefined;
  /** Options of that driver; without one, of that of the scenarios named, or else of the driver of `like`. */
  readonly settings: DriverSettings;
  /** A scenario that says whose the settings are. */
  readonly like?: string | undefined;
  readonly reduction: string;
  /** Threads that prove a scenario each, and threads that make a long search together; one of the two is 1. */
  readonly workers: number;
  readonly threads: number;
  /** Only this part of them. */
  readonly shard?: Shard | undefined;
}

export interface ProveProgress extends ExploreProgress {
  /** Scenarios that are done, those of them that are proved, and all. */
  readonly done: number;
  readonly proved: number;
  readonly total: number;
}

export interface ProveHooks {
  /** Called about ten times a second. */
  readonly onProgress?: (progress: ProveProgress) => void;
  /** Called when a scenario is done. */
  readonly onRow?: (row: ProofRow) => void;
  /** Called when a search of a scenario is over, with where its actors have stood. */
  readonly onMet?: ((scenario: string, meetings: Meetings) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const subjectOf = ({ asked: { scenario, settings, driver }, opened }: Proof): AnyScenario => ({
  scenario,
  settings,
  driver,
  actors: opened.actors,
});

/** What is proved in threads, which may go down and be started again. */
class Proving {
  readonly #control: Control;
  readonly #options: ProveOptions;
  readonly #hooks: ProveHooks;
  /** What each lane is at. */
  readonly #at: (Proof | undefined)[] = [];
  readonly #done = new Set<Proof>();
  proofs: readonly Proof[] = [];
  /** Why those that do not fit do not. */
  readonly #odd = new Map<Proof, string>();
  #neverFit: readonly string[] = [];
  /** Names of all that were asked for, whether or not they fit. */
  tasks: readonly string[] = [];
  #isOpen = false;

  constructor(options: ProveOptions, control: Control, hooks: ProveHooks) {
    this.#options = options;
    this.#control = control;
    this.#hooks = hooks;
  }

  get doing(): string {
    if (!this.#isOpen) return 'setting up';
    return this.#at.flatMap((proof) => (proof === undefined ? [] : [proof.opened.scenario])).join(', ');
  }

  get misfits(): readonly string[] {
    return [...this.#neverFit, ...this.#odd.values()].sort();
  }

  get done(): readonly Proof[] {
    return [...this.#done];
  }

  /** All of them, in new threads each time that a step has not come to its end. */
  async run(): Promise<void> {
    while (!this.#isOpen || (!this.#control.isStopped && this.#left.length > 0)) {
      const stuck = await this.#inThreads();
      if (stuck === null) continue;
      await this.#conclude(stuck);
    }
  }

  get #left(): Proof[] {
    return this.proofs.filter((proof) => !this.#done.has(proof) && !this.#odd.has(proof));
  }

  /** Up to a step that does not end: the scenario it is of. */
  async #inThreads(): Promise<Proof | null> {
    const { driver, settings, like, scenarios, workers, threads: together } = this.#options;
    const who = driver === undefined ? { like } : { driver };
    const { threads, list } = await Threads.startAll({ settings, ...who }, workers, this.#control);
    await using _ = threads;
    if (!this.#isOpen) {
      const named = scenarios?.map((scenario) => ({ scenario, settings, driver, isLong: false }));
      if (named === undefined) this.#neverFit = list.misfits;
      await this.#begin(threads, named ?? list.scenarios);
    }
    try {
      await this.#each(threads, this.#left, (proof, index, lane) => this.#prove(threads, proof, index, lane));
      this.#leaveOutMisfits();
      return null;
    } catch (error) {
      // Threads that search together are all at the one scenario.
      const proof = error instanceof Stuck ? this.#at[together > 1 ? 0 : error.lane] : undefined;
      if (proof === undefined) throw error;
      const { failure, schedule } = error as Stuck;
      proof.stop({ failure, schedule, minimal: false });
      return proof;
    } finally {
      this.#at.length = 0;
    }
  }

  /** The same for all, in this order and in all threads, until it is told to stop. */
  async #each(
    threads: Threads,
    proofs: readonly Proof[],
    visit: (proof: Proof, index: number, lane: number) => Promise<void>,
  ): Promise<void> {
    const rest = proofs.entries();
    this.#control.beginStage();
    const work = async (lane: number): Promise<void> => {
      for (const [index, proof] of rest) {
        if (this.#control.isStopped) return;
        this.#at[lane] = proof;
        await visit(proof, index, lane);
        this.#at[lane] = undefined;
      }
    };
    await Promise.all(Array.from({ length: threads.count }, (_, lane) => work(lane)));
  }

  /** Knows what is to be proved: all are set up, to see which do not fit, unless they are many. */
  async #begin(threads: Threads, asked: readonly Asked[]): Promise<void> {
    const { shard = [1, 1], areMany = false } = this.#options;
    this.proofs = tasksOf(asked, shard).map((one) => new Proof(one, this.#options));
    if (!areMany) await this.#each(threads, this.proofs, (proof, _, lane) => this.#open(threads, proof, lane));
    this.tasks = this.proofs.map((proof) => proof.opened.scenario || proof.asked.scenario);
    this.#isOpen = true;
    if (!areMany) this.#leaveOutMisfits();
  }

  /** Sets one up. One that was named must fit, unless they are many. */
  async #open(threads: Threads, proof: Proof, lane: number): Promise<void> {
    const { scenarios, areMany = false } = this.#options;
    const opened: Started | Misfit = await threads.run({ kind: 'open', ...subjectOf(proof) }, lane);
    if (!('misfit' in opened)) proof.opened = opened;
    else if (scenarios === undefined || areMany) this.#odd.set(proof, opened.misfit);
    else throw new UsageError(opened.misfit);
  }

  /** @throws UsageError when nothing fits the driver that was asked for. */
  #leaveOutMisfits(): void {
    const { driver, shard = [1, 1] } = this.#options;
    this.proofs = this.proofs.filter((proof) => !this.#odd.has(proof));
    const [first] = this.#odd.values();
    // A part may have none that fits, and so may what was interrupted.
    if (driver === undefined || first === undefined || shard[1] > 1 || this.#control.isStopped) return;
    if (!this.proofs.some(({ opened }) => opened.devices > 0))
      throw new UsageError(`no scenario with a device can be set up with driver '${driver}': ${first}`);
  }

  async #prove(threads: Threads, proof: Proof, index: number, lane: number): Promise<void> {
    if (this.#options.areMany === true) {
      await this.#open(threads, proof, lane);
      if (this.#odd.has(proof)) return;
    }
    for (let job = proof.next(Date.now()); job !== null && !this.#control.isStopped; job = proof.next(Date.now())) {
      try {
        const { threads: together, areMany = false } = this.#options;
        const place = { threads, lane, together, isWeighed: !areMany };
        const done = await measured(subjectOf(proof), job, index, place, this.#control);
        proof.take(job, done);
        this.#hooks.onMet?.(proof.opened.scenario, done.result.meetings);
      } catch (error) {
        if (!isUsageError(error)) throw error;
        proof.giveUp(error.message);
      }
      this.#control.clear(lane);
    }
    await this.#conclude(proof);
  }

  /** Nothing more is done for it: a failure is run once more, and the row is told. */
  async #conclude(proof: Proof): Promise<void> {
    const { found, isStuck } = proof;
    if (found !== null) {
      const { scenario, settings, driver } = subjectOf(proof);
      const options: ExploreOptions = { ...searchAll, seconds: this.#options.seconds, settings };
      const work = isStuck
        ? ({ kind: 'reportStuck', found } as const)
        : ({ kind: 'report', found, options, seconds: 0 } as const);
      const { oracle, message, token, steps, preemptions, minimal, program } = await report(
        { scenario, settings, driver },
        work,
        this.#control,
      );
      proof.failure = { oracle, message, token, steps, preemptions, minimal, program };
    }
    this.#done.add(proof);
    this.#hooks.onRow?.(proof.result());
  }
}

const searchAll = { strategy: 'search', schedules: Number.MAX_SAFE_INTEGER, preemptions: Number.POSITIVE_INFINITY, seed: 1 };

/**
 * Proves the scenarios: one a thread in `workers` of them, or one after the other, and the long searches in `threads` of them.
 *
 * @throws UsageError for an unknown scenario, driver or reduction, a module that is none, options that it does not have, a scenario that was named
 * and does not fit, a driver that no scenario fits or that does not end loading or being set up, or workers and threads that do not go together.
 */
export async function prove(options: ProveOptions, hooks: ProveHooks = {}): Promise<ProveResult> {
  const { workers, threads } = options;
  if (Math.min(workers, threads) !== 1 || Math.max(workers, threads) > LANES)
    throw new UsageError(
      `workers is ${workers} and threads is ${threads}, allowed are 1 to ${LANES}, and one of the two is 1: workers are for many scenarios at a time, threads for one`,
    );
  reduction(options.reduction);
  const control = new Control();
  const began = Date.now();
  const elapsed = (): number => (Date.now() - began) / 1000;
  const proving = new Proving(options, control, hooks);
  using _progress = supervised(control, hooks, (now) => ({
    ...now,
    elapsedSeconds: elapsed(),
    doing: proving.doing,
    done: proving.done.length,
    proved: proving.done.filter(({ isProved }) => isProved).length,
    total: proving.proofs.length,
  }));
  await proving.run();
  const { proofs, misfits, tasks } = proving;
  const part = options.shard === undefined ? null : { shard: options.shard, tasks };
  return proveResult(proofs, { misfits, seconds: elapsed(), workers, threads, interrupted: control.isStopped, part });
}
