/** A thread of a measurement: the program of one actor of the retry scenario, on a real core. */
import { get, load, set, store } from '../../arena/access.ts';
import { type ArenaBuffers, attachArena } from '../../arena/arena.ts';
import { Actor, ActorState, Header } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { abandonAccesses } from '../../mm/table/tlb.ts';
import type { RetryPlaces } from '../../scenarios/retry/retry.ts';
import { type RetryActor, retryActors } from '../../scenarios/retry/retryActors.ts';
import { run } from '../../steps/steps.ts';
import { sleepThread } from '../../sync/sleep.ts';
import { foreignEvents, Task } from '../../sync/task.ts';
import { Aborted, parkThread } from '../../sync/wait.ts';
import { driverOf } from '../cell/cellDriver.ts';
import type { CellConfig, Repetition } from '../cell/cellTypes.ts';
import { RepetitionCounts, type RepetitionCountsData } from '../cell/repetitionCounts.ts';
import { Histogram, type HistogramData } from '../shared/histogram.ts';
import { arrive, sleepUntil } from './barrier.ts';
import { advance } from './counterTotals.ts';

const NS = 1e6;

export interface MeasuredJob {
  readonly buffers: ArenaBuffers;
  readonly id: number;
  readonly parties: number;
  readonly cell: CellConfig;
  readonly places: RetryPlaces;
  readonly driverId: number;
  readonly seed: number;
  /** What begins before this many nanoseconds does not count. */
  readonly warmNs: number;
}

export interface MeasuredReport {
  readonly counts: RepetitionCountsData;
  readonly violation: Repetition['violation'];
  /** Told to give up in the middle of an operation. */
  readonly aborted: boolean;
  readonly busy: HistogramData;
  readonly overlapped: number;
  readonly events: number;
}

interface Overlap {
  readonly busy: Histogram;
  overlapped: number;
  /** Invalidations begun and ended by this actor; the word they are counted in wraps around. */
  events: number;
  word: number;
}

/** One operation after another, until the time is up. */
function loop(task: Task, { program }: RetryActor, began: number, overlap: Overlap): void {
  const { arena, actor } = task;
  while (load(arena, Header.stop) === 0) {
    const due = program.due((performance.now() - began) * NS);
    if (due === Number.POSITIVE_INFINITY) {
      Atomics.wait(arena.words, Header.stop, 0, 20);
      continue;
    }
    if (!sleepUntil(arena, began + due / NS)) continue;
    const before = foreignEvents(task);
    const start = performance.now();
    run(program.operation(task, due));
    overlap.busy.record((performance.now() - start) * NS);
    if (foreignEvents(task) !== before) overlap.overlapped++;
    const word = get(arena, actor + Actor.ownEvents);
    overlap.events += advance(overlap.word, word);
    overlap.word = word;
    set(arena, actor + Actor.progress, get(arena, actor + Actor.progress) + 1);
  }
}

/** Runs an actor until it is told to stop. A violation comes back as data and stops everybody. */
export async function measuredActor(job: MeasuredJob): Promise<MeasuredReport> {
  const { cell, id, seed, places } = job;
  const arena = attachArena(job.buffers);
  const driver = await driverOf(cell);
  registerDriver(driver, job.driverId);
  const counts = new RepetitionCounts(job.warmNs);
  let began = 0;
  // Only what is measured: the rules are checked at the end of the repetition.
  const watch = counts.watch(() => {});
  const clock = (): number => performance.now() - began;
  const task = new Task(arena, id, { park: parkThread, sleep: sleepThread, clock, checks: false, watch });
  store(arena, task.actor + Actor.state, ActorState.running);
  const actor = retryActors({ arena, workload: cell, places, driver, seed, recorder: counts })[id] as RetryActor;
  const overlap: Overlap = { busy: new Histogram(), overlapped: 0, events: 0, word: 0 };
  let violation: Repetition['violation'] = null;
  let aborted = false;
  arrive(arena, job.parties);
  began = performance.now();
  try {
    loop(task, actor, began, overlap);
  } catch (error) {
    aborted = error instanceof Aborted;
    if (!aborted) {
      const message = error instanceof Error ? error.message : String(error);
      violation =
        error instanceof Violation
          ? { rule: error.rule, message: error.detail, actor: actor.name }
          : { rule: 'I-CRASH', message, actor: actor.name };
      store(arena, Header.stop, 1);
      Atomics.notify(arena.words, Header.stop);
    }
  } finally {
    abandonAccesses(arena, task.actor);
    store(arena, task.actor + Actor.state, violation !== null || aborted ? ActorState.failed : ActorState.done);
  }
  const { busy, overlapped, events } = overlap;
  return {
    counts: counts.data(),
    violation,
    aborted,
    busy: busy.data(),
    overlapped,
    events,
  };
}
