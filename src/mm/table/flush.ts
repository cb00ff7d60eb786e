/**
 * The kernel's TLB flushes: of the CPUs first (tlb.ts), and then of the devices that walk the same page tables.
 *
 * They come wherever an entry loses a page or a permission, under the page-table lock or before it can be given away. Where an entry only
 * gains (a hole is filled, a page becomes writable by a fault) there is none: who finds his translation too weak walks again.
 */
import { VPN_LIMIT } from '../../arena/config.ts';
import type { Mm } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { TLB_FLUSH_ALL } from '../../notifier/range.ts';
import { mmuNotifierArchInvalidateSecondaryTlbs } from '../../notifier/secondaryTlbs.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { CPU, flushTlb } from './tlb.ts';

/** tlb_single_page_flush_ceiling: more pages than that are flushed with the whole address space. */
const CEILING = 33;

/** The pages of an address space whose translations are outdated. */
export interface Outdated {
  readonly mm: Mm;
  readonly start: Vpn;
  readonly end: Vpn;
}

/**
 * flush_tlb_range: when it returns, no CPU and no device holds or uses an older translation of [start, end). Legal under a spin lock.
 *
 * @kernel arch/x86/mm/tlb.c flush_tlb_mm_range, arch_tlbbatch_add_pending
 */
export function* flushTlbRange(task: Task, { mm, start, end }: Outdated): Steps<void> {
  yield* flushTlb(task, CPU);
  if (end - start > CEILING) yield* mmuNotifierArchInvalidateSecondaryTlbs(task, mm, 0, TLB_FLUSH_ALL);
  else yield* mmuNotifierArchInvalidateSecondaryTlbs(task, mm, start, end);
}

/** All of an address space: also what a batch of unmapped pages is flushed with, which does not say which they are. */
export const wholeMm = (mm: Mm): Outdated => ({ mm, start: 0, end: VPN_LIMIT });

/** flush_tlb_page. */
export function* flushTlbPage(task: Task, mm: Mm, vpn: Vpn): Steps<void> {
  yield* flushTlbRange(task, { mm, start: vpn, end: vpn + 1 });
}

/** flush_tlb_mm. */
export function* flushTlbMm(task: Task, mm: Mm): Steps<void> {
  yield* flushTlbRange(task, wholeMm(mm));
}
