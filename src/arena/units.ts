/**
 * What a number stands for, for the compiler only: at run time each of these is a plain number.
 *
 * A flavour takes plain numbers, so arithmetic needs no casts (`mm + Mm.pgd`, `vpn + 1`, what {@link get} returns); but a number
 * that has one flavour is refused where another is asked for. A page frame is no handle, an address page is no page frame.
 * A brand takes nothing but itself: it is for families of codes with which nobody calculates.
 */
declare const unit: unique symbol;

export type Flavour<F extends string> = number & { readonly [unit]?: F | undefined };
export type Brand<B extends string> = number & { readonly [unit]: B };

/** Index of a word in `arena.words`. The address of an object is one: that of its first word. */
export type Word = Flavour<'word' | `address of ${string}`>;
/** Where an object lies, as long as it lives. Structures give their own a name: `Mm`, `Vma` (structures.ts). */
export type Address<S extends string = string> = Flavour<`address of ${S}`>;
/** What shared memory stores in place of an address, with a generation (pool.ts). 0 names nothing. */
export type Handle<S extends string = string> = Flavour<`handle of ${S}`>;
/** Index of a word in `arena.frames`. */
export type FrameWord = Flavour<'frame word'>;

/** Page frame number. */
export type Pfn = Flavour<'pfn'>;
/** Virtual page number; the end of a range of them as well. */
export type Vpn = Flavour<'vpn'>;
/** Number of a page of a scenario, from 0 on; its place in the address space is a {@link Vpn}. */
export type PageNumber = Flavour<'page of a scenario'>;
/** Number of a page-table page, of a CPU or of a device. */
export type PageTable = Flavour<'page table'>;
/** A page-table entry of a CPU (mm/table/pte.ts). */
export type Pte = Flavour<'pte'>;
/** An entry of a device page table (drivers/base/deviceTable.ts). */
export type DeviceEntry = Flavour<'device entry'>;
/** A word of hmm_range_fault: page frame and flags (hmm/pfn.ts). */
export type HmmPfn = Flavour<'hmm pfn'>;
/** A word of migrate_vma's arrays: page frame and flags (migrate/migratePfn.ts). */
export type MigratePfn = Flavour<'migrate pfn'>;
/** An entry of the IOMMU for an address page (drivers/base/dmaMap.ts). */
export type IommuEntry = Flavour<'iommu entry'>;
/** An address that a device uses for DMA: what the IOMMU makes of it is no page frame to anybody else. */
export type DmaAddress = Flavour<'dma address'>;
/** Slot of the swap device. */
export type SwapSlot = Flavour<'swap slot'>;

/** 0 or a negated errno (errno.ts), as kernel functions return it. */
export type Errno = Flavour<'errno'>;
/** VM_FAULT bits (mm/table/vmFault.ts). A brand, so that a bare `-ENOMEM` is refused. */
export type VmFault = 0 | Brand<'vm fault'>;
