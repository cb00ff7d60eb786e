/**
 * The policies of the collision-retry loop: how a device fault goes on when invalidations keep throwing its passes away, and
 * when it gives up. A driver calls {@link beginRetry} for a request, {@link beginChunk} for each part of it that must become
 * stable as a whole, {@link beginPass} before each pass, and then {@link chunkStable} or {@link passLost}.
 */
import { get } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { Actor, type Mirror } from '../../arena/structures.ts';
import { Rounds } from '../../steps/rounds.ts';
import type { Steps } from '../../steps/steps.ts';
import { sleepFor } from '../../sync/sleep.ts';
import { count, type Task } from '../../sync/task.ts';
import { type DriverOption, driverOption } from './driver.ts';
import { type RetryPolicy, retryPolicies } from './retryPolicies.ts';

const names = Object.keys(retryPolicies) as RetryPolicy[];
const EACH_CHUNK = names.indexOf('window');
const PROGRESS = names.indexOf('progress');
const UNBOUNDED = names.indexOf('unbounded');
const BACKOFF = names.indexOf('backoff');
const REFAULT = names.indexOf('refault');
const TIMESLICE = names.indexOf('timeslice');

/** A pause is never longer than this part of the deadline. */
const LONGEST_PAUSE = 1 / 8;

/** The options of the loop, for the end of a driver's option table. `usual` is the policy of the real driver. */
export function retryOptions(usual: RetryPolicy) {
  return {
    policy: {
      help: 'when the retry loop gives up, and how it waits (docs/measure.md)',
      values: [usual, ...names.filter((name) => name !== usual)],
    },
    deadlineMs: { help: 'how long it is tried before -EBUSY', number: { default: 1000, min: 1, max: 60_000 } },
    pauseUs: {
      help: 'first pause of policy=backoff, every one of policy=refault, first slice of policy=timeslice',
      number: { default: 20, min: 1, max: 100_000 },
    },
  } as const satisfies Readonly<Record<string, DriverOption>>;
}

/** Where a driver's option table has the options of the loop, and what the values of `policy` mean there. */
export interface RetryPlaces {
  readonly policy: number;
  readonly deadlineMs: number;
  readonly pauseUs: number;
  readonly policies: readonly number[];
}

export function retryPlaces(options: Readonly<Record<string, DriverOption>>): RetryPlaces {
  const known = Object.keys(options);
  const { policy: option } = options;
  const policies = (option?.values ?? []).map((name) => names.indexOf(name as RetryPolicy));
  return {
    policy: known.indexOf('policy'),
    deadlineMs: known.indexOf('deadlineMs'),
    pauseUs: known.indexOf('pauseUs'),
    policies,
  };
}

/** A time that was not read yet: no clock shows it, whereas a virtual one does show 0. */
const UNREAD = -1;

/** One request under way. Times are milliseconds of the task's clock, or UNREAD. */
export interface Retry {
  readonly policy: number;
  readonly deadlineMs: number;
  /** Next pause, or length of the slice. */
  pauseMs: number;
  /** Since when the deadline counts. */
  since: number;
  chunkBegan: number;
  passBegan: number;
  sliceBegan: number;
  /** Passes of this chunk. */
  readonly attempts: Rounds;
  /** Pages faulted in so far, by this task. */
  faulted: number;
}

/** Reading the clock costs as much as five atomics: not before there is something to time. */
const earlyClock = (task: Task): number => (task.watch === null ? UNREAD : task.clock());

/**
 * One policy goes by it, to set the deadline anew, and so it is read for that policy alone: to an explorer, a counter that is read is
 * part of the state.
 */
const pagesFaulted = (task: Task, policy: number): number =>
  policy === PROGRESS ? get(task.arena, task.actor + Actor.counters + Counter.hmmFaults) : 0;

export function beginRetry(task: Task, mirror: Mirror, places: RetryPlaces): Retry {
  const { arena } = task;
  const policy = places.policies[driverOption(arena, mirror, places.policy)] ?? EACH_CHUNK;
  return {
    policy,
    deadlineMs: driverOption(arena, mirror, places.deadlineMs),
    pauseMs: driverOption(arena, mirror, places.pauseUs) / 1000,
    since: UNREAD,
    chunkBegan: UNREAD,
    passBegan: UNREAD,
    sliceBegan: UNREAD,
    attempts: new Rounds(),
    faulted: pagesFaulted(task, policy),
  };
}

export function beginChunk(task: Task, retry: Retry): void {
  retry.chunkBegan = earlyClock(task);
  retry.passBegan = retry.chunkBegan;
  if (retry.policy === EACH_CHUNK || retry.policy === PROGRESS) retry.since = retry.chunkBegan;
  else if (retry.since === UNREAD) retry.since = retry.chunkBegan;
  retry.attempts.done = 0;
}

export function beginPass(task: Task, retry: Retry): void {
  retry.attempts.done++;
  count(task, Counter.rangeFaultPasses);
}

/** The chunk is stable: the device has been programmed. */
export function chunkStable(task: Task, retry: Retry): void {
  task.watch?.faultStable(task, retry.attempts.done, task.clock() - retry.chunkBegan);
}

/**
 * A pass was thrown away. True: try again, perhaps after a pause. False: the time is up.
 *
 * To be called with no lock held: it may sleep.
 */
export function* passLost(task: Task, retry: Retry): Steps<boolean> {
  const now = task.clock();
  task.watch?.passLost?.(task, retry.passBegan === UNREAD ? 0 : now - retry.passBegan);
  if (retry.chunkBegan === UNREAD) retry.chunkBegan = now;
  if (retry.since === UNREAD) retry.since = now;
  const faulted = pagesFaulted(task, retry.policy);
  if (faulted !== retry.faulted) retry.since = now;
  retry.faulted = faulted;
  if (retry.policy !== UNBOUNDED && retry.policy !== REFAULT && now - retry.since > retry.deadlineMs) {
    task.watch?.faultGaveUp?.(task, retry.attempts.done, now - retry.chunkBegan);
    return false;
  }
  yield* pause(task, retry, now);
  if (task.watch !== null) retry.passBegan = task.clock();
  return true;
}

function* pause(task: Task, retry: Retry, now: number): Steps<void> {
  if (retry.policy === TIMESLICE) {
    if (retry.sliceBegan === UNREAD) retry.sliceBegan = now;
    if (now - retry.sliceBegan < retry.pauseMs) return;
  } else if (retry.policy !== BACKOFF && retry.policy !== REFAULT) return;
  yield* sleepFor(task, retry.pauseMs);
  if (retry.policy === REFAULT) return;
  retry.pauseMs = Math.min(2 * retry.pauseMs, Math.max(retry.pauseMs, retry.deadlineMs * LONGEST_PAUSE));
  retry.sliceBegan = UNREAD;
}
