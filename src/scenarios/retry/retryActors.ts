/** Who does what in the retry scenario: programs of device-fault threads, disturbers and CPU threads. */

import type { Arena } from '../../arena/arena.ts';
import { deref } from '../../arena/pool.ts';
import { Mirror, type Mm } from '../../arena/structures.ts';
import { deviceRead } from '../../drivers/base/deviceCopy.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import { forgetRange } from '../../drivers/base/forget.ts';
import { deviceUse, noUsage, type Paging, type Usage } from '../../drivers/paging/deviceUse.ts';
import { Residency } from '../../drivers/paging/residency.ts';
import { Throttle } from '../../drivers/paging/throttle.ts';
import { cpuLoad, cpuStore } from '../../mm/fault/cpuAccess.ts';
import { madviseDontneed } from '../../mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../mm/syscalls/mmap.ts';
import { mprotect } from '../../mm/syscalls/mprotect.ts';
import { VM_READ, VM_WRITE } from '../../mm/vma/vma.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { runPendingWork } from '../../sync/workqueue.ts';
import { arrivals } from '../../workload/arrivals.ts';
import { pattern } from '../../workload/patterns.ts';
import type { Program } from '../../workload/program.ts';
import { type RandomStream, randomStream } from '../../workload/random.ts';
import type { RetryPlaces } from './retry.ts';
import { blocksAtStart, devicePages, type EventKind, type RetryWorkload, workerCount } from './retryWorkload.ts';

/** What a run hears of its actors. Times are nanoseconds of the engine's clock. */
export interface RetryRecorder {
  /** A device fault ended with 0 or an error. It was due, it began, it ended. */
  readonly fault: (actor: number, due: number, began: number, ended: number, result: number) => void;
  /** A request makes another device fault. */
  readonly round: (actor: number) => void;
  /** A request has used so many pages, with what that cost. Comes before the end of its fault. */
  readonly used: (actor: number, pages: number, usage: Usage) => void;
  readonly faultBegins: (actor: number, due: number) => void;
  readonly invalidation: (actor: number, due: number, began: number, ended: number) => void;
}

export interface RetryActor {
  readonly name: string;
  readonly role: 'faulter' | 'disturber' | 'thread' | 'worker';
  readonly program: Program;
}

interface Context {
  readonly arena: Arena;
  readonly workload: RetryWorkload;
  readonly places: RetryPlaces;
  readonly driver: Driver;
  readonly seed: number;
  readonly recorder: RetryRecorder;
}

/** Random streams of an actor: when, where, what. */
const STREAMS = 3;
const stream = (seed: number, actor: number, purpose: number): RandomStream => randomStream(seed, STREAMS * actor + purpose);

const nowNs = (task: Task): number => task.clock() * 1e6;

/** What the handlers of a device know of its memory, with access `migrate`. */
function pagingOf({ arena, workload, places, driver }: Context, device: number): Paging {
  const blocks = Math.floor(workload.pages / workload.range);
  const residency = new Residency(blocks, Math.floor(devicePages(workload) / workload.range));
  for (const block of blocksAtStart(workload, device)) residency.use(block);
  return {
    driver,
    mirror: deref(arena, arena.pools.mirror, places.mirrors[device] as number),
    base: places.base,
    size: workload.range,
    residency,
    throttle: new Throttle(workload.throttle, workload.lapseUs / 1000, blocks),
  };
}

/** One request of a device for the range from `start` on. 0 or an error. */
type Request = (task: Task, mirror: Mirror, start: number, actor: number) => Steps<number>;

function requestOf({ workload, places, driver, recorder }: Context, paging: Paging | null): Request {
  const { access, range } = workload;
  if (paging !== null) {
    return function* (task, _, start, actor) {
      const usage = noUsage();
      const result = yield* deviceUse(task, paging, (start - places.base) / range, usage, () => recorder.round(actor));
      recorder.used(actor, range, usage);
      return result;
    };
  }
  if (access === 'copy') {
    return function* (task, mirror, start, actor) {
      return yield* deviceRead(task, { driver, mirror }, start, start + range, () => recorder.round(actor));
    };
  }
  return function* (task, mirror, start, actor) {
    recorder.round(actor);
    return yield* driver.fault(task, mirror, start, start + range, access === 'write');
  };
}

function faulter(context: Context, actor: number, index: number, paging: Paging | null): Program {
  const { arena, workload, places, driver, seed, recorder } = context;
  const slot = pattern(workload.pattern, Math.floor(workload.pages / workload.range), stream(seed, actor, 1));
  const next =
    workload.faultRate > 0
      ? arrivals(workload.faultArrivals, workload.faultRate / workload.faulters, stream(seed, actor, 0))
      : (now: number): number => now;
  const handle = places.mirrors[index % places.mirrors.length] as number;
  const request = requestOf(context, paging);
  return {
    due: next,
    *operation(task, due) {
      const mirror = deref(arena, arena.pools.mirror, handle);
      const start = places.base + slot() * workload.range;
      const began = nowNs(task);
      recorder.faultBegins(actor, due);
      const result = yield* request(task, mirror, start, actor);
      recorder.fault(actor, due, began, nowNs(task), result);
      // So that the next fault there finds something to do. Not part of the fault.
      if (paging === null) yield* forgetRange(task, driver, mirror, start, start + workload.range);
    },
  };
}

const events: Readonly<Record<EventKind, (task: Task, mm: Mm, start: number, pages: number, turn: number) => Steps<void>>> = {
  *dontneed(task, mm, start, pages) {
    yield* madviseDontneed(task, mm, start, pages);
  },
  *mprotect(task, mm, start, pages, turn) {
    yield* mprotect(task, mm, start, pages, turn % 2 === 0 ? VM_READ : VM_READ | VM_WRITE);
  },
  *munmap(task, mm, start, pages) {
    yield* munmap(task, mm, start, pages);
    yield* mmapAnonymous(task, mm, start, pages);
  },
};

const never = (): number => Number.POSITIVE_INFINITY;

function disturber({ arena, workload, places, seed, recorder }: Context, actor: number): Program {
  const slots = Math.floor(workload.pages / workload.span);
  const slot = pattern(workload.hits, slots, stream(seed, actor, 1));
  const turns = new Uint8Array(slots);
  const base = workload.target === 'same' ? places.base : places.other;
  const event = events[workload.event];
  return {
    due:
      workload.invalidations > 0
        ? arrivals(workload.arrivals, workload.invalidations / workload.disturbers, stream(seed, actor, 0))
        : never,
    *operation(task, due) {
      const at = slot();
      const began = nowNs(task);
      const mm = deref(arena, arena.pools.mm, places.mm);
      // mprotect takes a permission away at one visit and gives it back at the next.
      yield* event(task, mm, base + at * workload.span, workload.span, turns[at] as number);
      turns[at] = 1 - (turns[at] as number);
      recorder.invalidation(actor, due, began, nowNs(task));
    },
  };
}

function thread({ arena, workload, places, seed }: Context, actor: number): Program {
  const page = pattern(workload.pattern, workload.pages, stream(seed, actor, 1));
  const choice = stream(seed, actor, 2);
  return {
    due: workload.accesses > 0 ? arrivals('poisson', workload.accesses / workload.threads, stream(seed, actor, 0)) : never,
    *operation(task) {
      const mm = deref(arena, arena.pools.mm, places.mm);
      const vpn = places.base + page();
      if (choice.below(2) === 0) yield* cpuLoad(task, mm, vpn, 0);
      else yield* cpuStore(task, mm, vpn, 0, vpn);
    },
  };
}

/** A worker looks so often whether there is something to do, a second. */
const LOOKS = 10_000;

function worker({ arena, places, driver, seed }: Context, actor: number): Program {
  return {
    due: arrivals('paced', LOOKS, stream(seed, actor, 0)),
    *operation(task) {
      for (const handle of places.mirrors) {
        const mirror = deref(arena, arena.pools.mirror, handle);
        yield* runPendingWork(task, mirror + Mirror.work, driver.work ?? [], mirror);
      }
    },
  };
}

/** The actors of a run, in the order of their numbers. All choices follow from the seed. */
export function retryActors(context: Context): RetryActor[] {
  const { faulters, disturbers, threads } = context.workload;
  const pagings = context.places.mirrors.map((_, device) =>
    context.workload.access === 'migrate' ? pagingOf(context, device) : null,
  );
  const some = (role: RetryActor['role'], count: number, first: number, make: (actor: number, index: number) => Program) =>
    Array.from({ length: count }, (_, i) => ({ name: `${role}${i}`, role, program: make(first + i, i) }));
  return [
    ...some('faulter', faulters, 0, (actor, index) =>
      faulter(context, actor, index, pagings[index % pagings.length] as Paging | null),
    ),
    ...some('disturber', disturbers, faulters, (actor) => disturber(context, actor)),
    ...some('thread', threads, faulters + disturbers, (actor) => thread(context, actor)),
    ...some('worker', workerCount(context.driver), faulters + disturbers + threads, (actor) => worker(context, actor)),
  ];
}
