/** I-OUT of hmm_range_fault: what it says it has, it has. */
import type { HmmPfn, Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { HMM_PFN_ERROR, HMM_PFN_REQ_FAULT, HMM_PFN_REQ_WRITE, HMM_PFN_VALID, HMM_PFN_WRITE, hmmPfnToPage } from '../hmm/pfn.ts';
import { isDevicePrivatePage } from '../mm/page/devPagemap.ts';
import type { Task } from '../sync/task.ts';

/**
 * It has returned 0, and was asked by `flags` for all of [start, end). A word may be outdated by now, which read-retry tells, but each
 * was right once. Only a page that the caller's own device has may come without the permission to write that was asked for: nothing
 * breaks its sharing, and the driver has to see to it.
 */
export function checkAnswered(task: Task, [start, end]: readonly [Vpn, Vpn], words: ArrayLike<HmmPfn>, flags: number): void {
  if ((flags & HMM_PFN_REQ_FAULT) === 0) return;
  const { arena } = task;
  const writes = (flags & HMM_PFN_REQ_WRITE) !== 0;
  for (let vpn = start; vpn < end; vpn++) {
    const word = words[vpn - start] as number;
    const isThere = (word & HMM_PFN_VALID) !== 0 && (word & HMM_PFN_ERROR) === 0;
    if (isThere && (!writes || (word & HMM_PFN_WRITE) !== 0 || isDevicePrivatePage(arena, hmmPfnToPage(word)))) continue;
    const what = isThere ? 'not writable' : 'not there';
    throw new Violation(
      'I-OUT',
      `hmm_range_fault of actor ${task.id} returned 0, and address page ${vpn}, which was asked for, is ${what}`,
    );
  }
}
