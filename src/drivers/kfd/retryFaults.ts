/**
 * Retry faults (XNACK): hardware repeats a fault until it is served, so that copies of it are queued, and are handled when the
 * access is long over. A range that is unmapped must not go before the faults that were meant for it: they are drained. While
 * somebody drains, faults are dropped; the hardware will repeat what is still wanted.
 */
import { add, cas, forgetSince, load, observed } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Mirror } from '../../arena/structures.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { waitWhile, wake } from '../../sync/wait.ts';

/** Words of the mirror: faults queued or being handled, and requests to drain them (drain_pagefaults). */
const QUEUED = Mirror.private;
const DRAIN = Mirror.private + 1;

/** The hardware has queued a fault. */
export function queueRetryFault(arena: Arena, mirror: Mirror): void {
  if (add(arena, mirror + QUEUED, 1) === 0) wake(arena, mirror + QUEUED);
}

/** A fault was handled, or dropped. */
export function retryFaultDone(arena: Arena, mirror: Mirror): void {
  if (add(arena, mirror + QUEUED, -1) === 1) wake(arena, mirror + QUEUED);
}

/** The interrupt handler's turn: sleeps until a fault is queued. */
export function* waitForRetryFault(task: Task, mirror: Mirror): Steps<void> {
  const mark = observed();
  while (load(task.arena, mirror + QUEUED) === 0) {
    forgetSince(mark);
    yield* waitWhile(task, mirror + QUEUED, 0);
  }
  forgetSince(mark);
}

/** Are faults drained? Then they are dropped. */
export const isDraining = (arena: Arena, mirror: Mirror): boolean => load(arena, mirror + DRAIN) !== 0;

/** Something was unmapped: the faults that are queued now must be gone before its range is. */
export function requestDrain(arena: Arena, mirror: Mirror): void {
  add(arena, mirror + DRAIN, 1);
}

/** Returns when no fault is queued. */
function* waitUntilHandled(task: Task, mirror: Mirror): Steps<void> {
  const mark = observed();
  for (let queued = load(task.arena, mirror + QUEUED); queued !== 0; queued = load(task.arena, mirror + QUEUED)) {
    yield* waitWhile(task, mirror + QUEUED, queued);
    forgetSince(mark);
  }
  forgetSince(mark);
}

/** svm_range_drain_retry_fault. Holding nothing that a fault handler needs. */
export function* drainRetryFaults(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  for (;;) {
    const requests = load(arena, mirror + DRAIN);
    if (requests === 0) return;
    yield* waitUntilHandled(task, mirror);
    yield Point.driverDrained;
    // A request that came in the meantime is about later faults: again.
    if (cas(arena, mirror + DRAIN, requests, 0) === requests) return;
  }
}
