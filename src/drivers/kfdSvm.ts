/**
 * amdkfd SVM: ranges of 2 MiB, each under an interval of its own, faulted as a whole. It has no retry loop: a collision drops the
 * fault, and the hardware (XNACK) faults again. Its own migrations invalidate it like anybody else's, and pages are mapped later,
 * by a fault.
 *
 * Unlike the real one, an event that is not blockable is tried and refused, not slept through.
 */
import { derive } from './derive.ts';
import { dmirror } from './dmirror/index.ts';

export const kfdSvm = derive(
  dmirror,
  { window: '512', notifierPages: '512', ownMigrate: 'treatAsForeign', policy: 'refault', pauseUs: '50' },
  { name: 'kfd-svm', summary: '2 MiB ranges under an interval each; a collision drops the fault and the hardware faults again' },
);
