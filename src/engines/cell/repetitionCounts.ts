/** Counts what one repetition does. The same for both engines; a race has one for each thread and adds them up. */
import { EBUSY } from '../../arena/errno.ts';
import type { Usage } from '../../drivers/paging/deviceUse.ts';
import type { RetryRecorder } from '../../scenarios/retry/retryActors.ts';
import type { Task, Watch } from '../../sync/task.ts';
import { Histogram, type HistogramData } from '../shared/histogram.ts';
import type { Repetition, StoredHistogram } from './cellTypes.ts';

/** Only what was due after the warm-up counts. A window counts when its fault does. */
export class RepetitionCounts implements RetryRecorder {
  readonly attempts = new Histogram();
  readonly timeToStable = new Histogram();
  readonly raw = new Histogram();
  readonly corrected = new Histogram();
  done = 0;
  timedOut = 0;
  failed = 0;
  begun = 0;
  rounds = 0;
  stable = 0;
  passes = 0;
  lost = 0;
  lostNs = 0;
  faultNs = 0;
  invalidations = 0;
  usedPages = 0;
  remote = 0;
  arrived = 0;
  evicted = 0;
  evictions = 0;
  naps = 0;
  /** Faults that ended, whether or not they count. */
  ended = 0;
  #from: number;
  /** Does the fault under way count? By actor. */
  readonly #counts = new Map<number, boolean>();
  readonly #rounds = new Map<number, number>();
  /** Time lost by the fault under way. By actor. */
  readonly #lostNs = new Map<number, number>();

  /** Counts what is due at `from` nanoseconds or later. */
  constructor(from: number) {
    this.#from = from;
  }

  /** The warm-up is over. */
  countFrom(now: number): void {
    this.#from = Math.min(this.#from, now);
  }

  faultBegins(actor: number, due: number): void {
    const counts = due >= this.#from;
    this.#counts.set(actor, counts);
    this.#lostNs.set(actor, 0);
    this.#rounds.set(actor, 0);
    if (counts) this.begun++;
  }

  round(actor: number): void {
    this.#rounds.set(actor, (this.#rounds.get(actor) ?? 0) + 1);
  }

  used(actor: number, pages: number, usage: Usage): void {
    if (this.#counts.get(actor) !== true) return;
    this.usedPages += pages;
    for (const name of usageNames) this[name] += usage[name];
  }

  fault(actor: number, due: number, began: number, ended: number, result: number): void {
    this.ended++;
    if (this.#counts.get(actor) !== true) return;
    this.#counts.set(actor, false);
    this.faultNs += ended - began;
    this.lostNs += this.#lostNs.get(actor) ?? 0;
    this.rounds += this.#rounds.get(actor) ?? 0;
    if (result === -EBUSY) this.timedOut++;
    else if (result < 0) this.failed++;
    else this.done++;
    // A fault that gave up has a latency too: the time until it was known.
    this.raw.record(ended - began);
    this.corrected.record(ended - Math.min(due, began));
  }

  invalidation(_actor: number, due: number): void {
    if (due >= this.#from) this.invalidations++;
  }

  /** The watch to hang into a task. */
  watch(installed: Watch['installed']): Watch {
    const counts = (task: Task): boolean => this.#counts.get(task.id) === true;
    return {
      installed,
      faultStable: (task, attempts, elapsedMs) => {
        if (!counts(task)) return;
        this.stable++;
        this.passes++;
        this.attempts.record(attempts);
        this.timeToStable.record(elapsedMs * 1e6);
      },
      passLost: (task, lostMs) => {
        if (!counts(task)) return;
        this.passes++;
        this.lost++;
        this.#lostNs.set(task.id, (this.#lostNs.get(task.id) ?? 0) + lostMs * 1e6);
      },
    };
  }

  merge(other: RepetitionCountsData): void {
    for (const name of ['attempts', 'timeToStable', 'raw', 'corrected'] as const) this[name].merge(other[name]);
    for (const name of countNames) this[name] += other[name];
  }

  data(): RepetitionCountsData {
    return {
      attempts: this.attempts.data(),
      timeToStable: this.timeToStable.data(),
      raw: this.raw.data(),
      corrected: this.corrected.data(),
      ...this.#countsByName(),
    };
  }

  #countsByName(): Counts {
    return Object.fromEntries(countNames.map((name) => [name, this[name]])) as Counts;
  }

  /** The repetition this was, once its time is known. */
  repetition(rest: Pick<Repetition, 'ns' | 'steps' | 'overlap' | 'coresUsed' | 'coresTaken' | 'violation'>): Repetition {
    const { begun, ...counts } = this.#countsByName();
    return {
      ...counts,
      unfinished: begun - counts.done - counts.timedOut - counts.failed,
      attempts: stored(this.attempts),
      timeToStable: stored(this.timeToStable),
      raw: stored(this.raw),
      corrected: stored(this.corrected),
      ...rest,
    };
  }
}

const usageNames = ['arrived', 'evicted', 'evictions', 'naps', 'remote'] as const satisfies readonly (keyof Usage)[];

const countNames = [
  'done',
  'timedOut',
  'failed',
  'begun',
  'rounds',
  'stable',
  'passes',
  'lost',
  'lostNs',
  'faultNs',
  'invalidations',
  'usedPages',
  ...usageNames,
] as const;

type Counts = Record<(typeof countNames)[number], number>;

/** What crosses threads. */
export interface RepetitionCountsData extends Counts {
  readonly attempts: HistogramData;
  readonly timeToStable: HistogramData;
  readonly raw: HistogramData;
  readonly corrected: HistogramData;
}

/** A histogram as it is stored: without the buckets that are empty. */
export function stored({ counts, count, sum, max }: Histogram): StoredHistogram {
  const pairs: [number, number][] = [];
  counts.forEach((records, bucket) => {
    if (records > 0) pairs.push([bucket, records]);
  });
  return { counts: pairs, count, sum, max };
}

/** The histogram again. */
export function restored(all: readonly StoredHistogram[]): Histogram {
  const histogram = new Histogram();
  for (const { counts, count, sum, max } of all) {
    const dense = new Float64Array(histogram.counts.length);
    for (const [bucket, records] of counts) dense[bucket] = records;
    histogram.merge({ counts: dense, count, sum, max });
  }
  return histogram;
}
