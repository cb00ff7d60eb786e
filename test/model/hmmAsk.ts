/** Range faults as the tests ask for them. */

import assert from 'node:assert/strict';
import { EBUSY } from '../../src/arena/errno.ts';
import type { HmmRange } from '../../src/hmm/hmmRange.ts';
import { HMM_PFN_ERROR, HMM_PFN_VALID, HMM_PFN_WRITE, hmmPfnToMapOrder, hmmPfnToPage } from '../../src/hmm/pfn.ts';
import { hmmRangeFault } from '../../src/hmm/rangeFault.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { mmuIntervalReadBegin } from '../../src/notifier/sequence.ts';
import { run } from '../../src/steps/steps.ts';
import { machine, soloTask } from './machine.ts';
import { type Recorder, record } from './recorder.ts';
import { testDevice } from './testDevice.ts';

export const AT = 16;
export const OWNER = 1;

/** Sixteen pages that can be read and written; nothing is touched yet. */
export function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  run(mmapAnonymous(task, mm, AT, 16));
  return { arena, task, mm, other: soloTask(arena, 1), pgmap: testDevice(arena), events: record(task, mm, 0, 5000) };
}

export type Scene = ReturnType<typeof scene>;

export interface Ask {
  readonly pages?: number;
  readonly defaults?: number;
  readonly mask?: number;
  readonly words?: readonly number[];
  readonly notifier?: Recorder;
}

export function rangeOf({ events }: Scene, { pages = 1, defaults = 0, mask = 0, words = [], notifier = events }: Ask): HmmRange {
  const hmmPfns = new Int32Array(Math.max(0, pages));
  hmmPfns.set(words);
  return {
    notifier: notifier.sub,
    notifierSeq: 0,
    start: AT,
    end: AT + pages,
    hmmPfns,
    defaultFlags: defaults,
    pfnFlagsMask: mask,
    devPrivateOwner: OWNER,
  };
}

/** One call, with a fresh token and mmap_lock around it. */
export function fault({ task, mm }: Scene, range: HmmRange): number {
  range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
  run(mmapReadLock(task, mm));
  try {
    return run(hmmRangeFault(task, range));
  } finally {
    run(mmapReadUnlock(task, mm));
  }
}

/** Calls until no bracket collides, as a driver does; the words are requests again each time. */
export function faultStable(at: Scene, ask: Ask): { result: number; range: HmmRange; rounds: number } {
  for (let rounds = 1; ; rounds++) {
    const range = rangeOf(at, ask);
    const result = fault(at, range);
    if (result !== -EBUSY) return { result, range, rounds };
    assert.ok(rounds < 10, 'it settles');
  }
}

/** `VW 12`, `V 1`, `E`, `- 12`, `-`: flags and page frame. */
export function show(word: number): string {
  const flags = [
    [HMM_PFN_VALID, 'V'],
    [HMM_PFN_WRITE, 'W'],
    [HMM_PFN_ERROR, 'E'],
  ] as const;
  const set = flags.filter(([bit]) => (word & bit) !== 0).map(([, name]) => name);
  assert.equal(hmmPfnToMapOrder(word), 0);
  const pfn = hmmPfnToPage(word);
  return `${set.join('') || '-'}${pfn === 0 ? '' : ` ${pfn}`}`;
}
