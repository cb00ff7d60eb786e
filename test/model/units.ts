/**
 * Mix-ups of numbers that the compiler must refuse. Nothing here runs: the build fails when one of the marked lines compiles, because
 * then its `@ts-expect-error` has nothing to expect; and when one of the others does not.
 */

import { frameGet, get, set } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { ENOMEM } from '../../src/arena/errno.ts';
import { frameAt } from '../../src/arena/frames.ts';
import { deref, handleOf } from '../../src/arena/pool.ts';
import { isSame, type Serial, serialGet, serialSet } from '../../src/arena/serials.ts';
import { IntervalSub, type Mirror, Mm, Vma } from '../../src/arena/structures.ts';
import type { DmaAddress, Errno, Handle, HmmPfn, Pfn, Pte, SwapSlot, VmFault, Vpn } from '../../src/arena/units.ts';
import { deviceEntry, mkDeviceEntry } from '../../src/drivers/base/deviceTable.ts';
import { dmaEntry, dmaPage } from '../../src/drivers/base/dmaMap.ts';
import type { HmmRange } from '../../src/hmm/hmmRange.ts';
import { hmmPfnToPage } from '../../src/hmm/pfn.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { pageFlags } from '../../src/mm/page/page.ts';
import { mkPte, mkSwap, ptePfn } from '../../src/mm/table/pte.ts';
import { lookupTable, pteAt } from '../../src/mm/table/tables.ts';
import { VM_FAULT_OOM } from '../../src/mm/table/vmFault.ts';
import { vmaLookup } from '../../src/mm/vma/vma.ts';
import { mmuIntervalReadRetry } from '../../src/notifier/sequence.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { spinLock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';

interface Things {
  readonly task: Task;
  readonly arena: Arena;
  readonly mm: Mm;
  readonly vma: Vma;
  readonly mirror: Mirror;
  readonly sub: IntervalSub;
  readonly handle: Handle<'mm'>;
  readonly pfn: Pfn;
  readonly vpn: Vpn;
  readonly pte: Pte;
  readonly slot: SwapSlot;
  readonly hmmPfn: HmmPfn;
  readonly dma: DmaAddress;
  readonly serial: Serial;
}

/** What the model does all the time. */
export function allowed({ arena, task, mm, vma, mirror, sub, handle, pfn, vpn, pte, hmmPfn, serial }: Things): unknown {
  return [
    get(arena, mm),
    get(arena, mm + Mm.pgd),
    deref(arena, arena.pools.mm, handle),
    deref(arena, arena.pools.mm, get(arena, vma + Vma.mm)),
    handleOf(arena, arena.pools.mm, mm),
    pageFlags(arena, ptePfn(pte) + 1),
    pageFlags(arena, hmmPfnToPage(hmmPfn)),
    pageFlags(arena, dmaPage(dmaEntry(arena, mirror, vpn))),
    frameGet(arena, frameAt(arena, pfn) + 3),
    deviceEntry(arena, mirror, vpn + 1),
    mmuIntervalReadRetry(task, sub, 0),
    mmuIntervalReadRetry(task, sub, serial),
    isSame(serial, serialGet(arena, sub + IntervalSub.invalidateSeq)),
    mkPte(pfn, 0),
  ];
}

export function refused({ arena, task, mm, vma, mirror, sub, handle, pfn, vpn, pte, slot, hmmPfn, dma }: Things): unknown {
  return [
    // @ts-expect-error a page frame is no handle
    deref(arena, arena.pools.mm, pfn),
    // @ts-expect-error an address is no handle
    deref(arena, arena.pools.mm, mm),
    // @ts-expect-error a handle of one pool is none of another
    deref(arena, arena.pools.vma, handle),
    // @ts-expect-error an address of one pool is none of another
    handleOf(arena, arena.pools.vma, mm),
    // @ts-expect-error a handle is no address
    get(arena, handle),
    // @ts-expect-error a page frame is no address
    get(arena, pfn),
    // @ts-expect-error an address page is no address
    get(arena, vpn),
    // @ts-expect-error a word of the first buffer is none of the second
    frameGet(arena, mm),
    // @ts-expect-error a page frame is no word of it
    frameGet(arena, pfn),
    // @ts-expect-error an address page is no page frame
    pageFlags(arena, vpn),
    // @ts-expect-error an entry is no page frame
    pageFlags(arena, pte),
    // @ts-expect-error a pfn word with its flags is no page frame
    pageFlags(arena, hmmPfn),
    // @ts-expect-error a DMA address is no page frame
    pageFlags(arena, dma),
    // @ts-expect-error a DMA address is no entry of the IOMMU
    pageFlags(arena, dmaPage(dma)),
    // @ts-expect-error a DMA address is nothing a device table maps to
    mkDeviceEntry(dma, 0),
    // @ts-expect-error a swap slot is no page frame
    mkPte(slot, 0),
    // @ts-expect-error a page frame is no swap slot
    mkSwap(pfn, false),
    // @ts-expect-error a page frame is no page-table page
    lookupTable(arena, pfn, vpn),
    // @ts-expect-error table and address page in the wrong order
    pteAt(arena, vpn, lookupTable(arena, 1, vpn)),
    // @ts-expect-error a VMA is no mm
    vmaLookup(arena, vma, vpn),
    // @ts-expect-error a mirror is no interval notifier
    mmuIntervalReadRetry(task, mirror, 1),
    // @ts-expect-error an interval notifier is no mirror
    deviceEntry(arena, sub, vpn),
    // @ts-expect-error lock word and class in the wrong order
    spinLock(task, LockClass.ptl, mm),
  ];
}

/** Codes: errno and VM_FAULT bits are different families, and a bare errno is no VM_FAULT bit. */
export function codes(fault: VmFault, errno: Errno): unknown {
  const bits: VmFault = 0;
  const failed: VmFault = VM_FAULT_OOM;
  const error: Errno = -ENOMEM;
  // @ts-expect-error a negated errno is no VM_FAULT bit
  const fromConstant: VmFault = -ENOMEM;
  // @ts-expect-error nor is what a function returned as an errno
  const fromErrno: VmFault = errno;
  // @ts-expect-error VM_FAULT bits are no errno
  const fromFault: Errno = fault;
  // @ts-expect-error minus VM_FAULT bits are no errno either
  const ofStore: Steps<Errno> = cpuStore(null as unknown as Task, 0, 0, 0, 0);
  return [bits, failed, error, fromConstant, fromErrno, fromFault, ofStore];
}

/** What must not be done with a serial number, so that nobody acts on how far it has counted (docs/explore.md, "Numbers that only count"). */
export function refusedSerial({ arena, task, sub, serial }: Things, other: Serial, range: HmmRange): unknown {
  const token = range.notifierSeq;
  return [
    // @ts-expect-error it is compared with a constant
    serial === 8,
    // @ts-expect-error so is one that may be none
    token === 8,
    // @ts-expect-error how far it is from another one
    serial - other,
    // @ts-expect-error a remainder
    serial % 4,
    // @ts-expect-error a bit
    serial & 1,
    // @ts-expect-error which of two is more
    serial < other,
    // @ts-expect-error it is made a number
    +serial,
    // @ts-expect-error or a text
    `${serial}`,
    // @ts-expect-error a sum
    serial + 1,
    // @ts-expect-error a place in a list
    task.pfns[serial],
    // @ts-expect-error it is put where numbers are
    set(arena, sub + IntervalSub.invalidateSeq, serial),
    // @ts-expect-error a number is given for one
    mmuIntervalReadRetry(task, sub, 1),
    // @ts-expect-error a number is put where one is
    serialSet(arena, sub + IntervalSub.invalidateSeq, 3),
    // @ts-expect-error a word that is read as a number is compared with one
    isSame(serial, get(arena, sub + IntervalSub.invalidateSeq)),
  ];
}
