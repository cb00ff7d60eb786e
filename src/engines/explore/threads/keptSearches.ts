/** The searches of an exploration, kept in a checkpoint: what was done before is taken over, and what is done is written. */
import { rmSync } from 'node:fs';
import { activeBug } from '../../../package/activeBug.ts';
import { explorerHash, modelHash } from '../failure/token.ts';
import type { JobResult } from '../plan/job.ts';
import type { ExploreOptions } from '../plan/options.ts';
import { type Identity, readCheckpoint, type Saved, writeCheckpoint } from './checkpoint.ts';
import type { Keeping, SavedSearch } from './searchShared.ts';
import type { Started } from './work.ts';

export interface CheckpointOptions {
  readonly file: string;
  /** Seconds between two of them. */
  readonly everySeconds: number;
}

type Stage = readonly (JobResult | undefined)[];

export class KeptSearches {
  readonly #options: CheckpointOptions;
  readonly #identity: Identity;
  readonly #before: Saved;
  readonly #stages: Stage[] = [];
  #results: JobResult[] = [];
  #search: SavedSearch | null;
  /** A search was begun, and not finished. */
  #isOpen = false;

  /** Reads what there is, and writes it again. @throws UsageError, a sentence, when it is of another search or damaged, or cannot be written. */
  constructor(options: CheckpointOptions, identity: Identity) {
    this.#options = options;
    this.#identity = identity;
    this.#before = readCheckpoint(options.file, identity) ?? { stages: [], results: [], search: null };
    this.#search = this.#before.search;
    writeCheckpoint(options.file, identity, this.#before);
  }

  /** The results of the next stage, if it was finished before. */
  get stage(): Stage | undefined {
    return this.#before.stages[this.#stages.length];
  }

  finishStage(results: Stage): void {
    if (this.#isOpen) return;
    this.#stages.push(results);
    this.#results = [];
    if (this.#stages.length > this.#before.stages.length) this.#write(null);
  }

  /** The result of the next search of this stage, if it was finished before. */
  get result(): JobResult | undefined {
    return this.#stages.length === this.#before.stages.length ? this.#before.results[this.#results.length] : undefined;
  }

  /** A search begins, or is gone on with. */
  begin(): Keeping {
    this.#isOpen = true;
    const saved = this.#search;
    this.#search = null;
    return { saved, everyMs: 1000 * this.#options.everySeconds, write: (search) => this.#write(search) };
  }

  /** It has come to its end, here or before. */
  finish(result: JobResult): void {
    const isKnown = this.result !== undefined;
    this.#isOpen = false;
    this.#results.push(result);
    if (!isKnown) this.#write(null);
  }

  /** The exploration is over: if nothing is left to be done, there is nothing to go on with. */
  close(): void {
    if (!this.#isOpen) rmSync(this.#options.file, { force: true });
  }

  #write(search: SavedSearch | null): void {
    const { file } = this.#options;
    writeCheckpoint(file, this.#identity, { stages: this.#stages, results: this.#results, search });
  }
}

/** Names all that decides what a search comes to. */
const identityOf = (options: ExploreOptions, { scenario, sources }: Started): Identity => ({
  scenario,
  driver: options.driver ?? 'that of the scenario',
  'driver options': JSON.stringify(options.settings),
  bug: activeBug ?? 'none',
  model: modelHash(sources),
  explorer: explorerHash(),
  preemptions: `${options.preemptions}`,
  reduction: options.reduction ?? 'all',
  seed: `${options.seed}`,
  'number of schedules': `${options.schedules}`,
});

/** Opens those of an exploration in its file. @throws as {@link KeptSearches}. */
export const keptSearches = (checkpoint: CheckpointOptions, options: ExploreOptions, started: Started): KeptSearches =>
  new KeptSearches(checkpoint, identityOf(options, started));
