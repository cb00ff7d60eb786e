/** Why something is not found: looked into by hand, one by one. */

/** Bugs of something that no operation of the matrix does. */
export const outside: Readonly<Record<string, string>> = {
  R02: 'classic notifiers: no operation registers one',
  R07: 'classic notifiers: no operation registers one',
  R09: 'classic notifiers: no operation registers one',
  R10: 'classic notifiers: no operation registers one',
  G25: 'classic notifiers: no operation registers one',
  M01c: 'classic notifiers: no operation registers one',
  M01b: 'classic notifiers: no operation registers one',
  M01: 'callbacks of two passes beside one that refuses: the driver has one pass',
  R16: 'requests page by page (HMM_PFN_REQ_FAULT in the array): the commands of a device ask the same of all pages',
  R17: 'requests page by page (HMM_PFN_REQ_FAULT in the array): the commands of a device ask the same of all pages',
  R72: 'requests page by page (HMM_PFN_REQ_FAULT in the array): the commands of a device ask the same of all pages',
  G08: 'requests page by page (HMM_PFN_REQ_FAULT in the array): the commands of a device ask the same of all pages',
  R50: 'an object of another driver, which its scenario has by itself',
  R56: 'an object of another driver, which its scenario has by itself',
  R64: 'an object of another driver, which its scenario has by itself',
  R65: 'an object of another driver, which its scenario has by itself',
  R39: 'a copy that fails: no operation makes the engine fail',
  M12: 'memory that runs out: no operation uses it up',
  R29: 'memory cgroups: no operation sets a limit',
  X03: 'memory cgroups: no operation sets a limit',
  X09: 'a copy home that is given up: no operation keeps one from being made',
  X11: 'a copy home that is given up: no operation keeps one from being made',
  M16: 'memory cgroups: no operation sets a limit',
  R66: 'requests that are done in several pieces: no state has as many pages as one piece',
  F31: 'requests that are done in several pieces: no state has as many pages as one piece',
  R81: 'large allocations that fail: no operation makes one fail',
  S07: 'a write through a reference that is no pin: no operation does one',
  V01d: 'migrations: the device of sva has no memory',
  R51: 'a device that is opened by a process whose memory is gone: operations are those of processes that are there',
};

/** Bugs that the matrix could find, and does not: what is missing. */
export const missed: Readonly<Record<string, string>> = {
  R24: 'a search without a bound of two reads of a page of the device, 42,000 states: it is no program that is likely for what the bug changes',
  R58: 'a third actor: two munmaps, and a fault that both of them want to be drained',
  R59: 'a second munmap, while the worker is at what the first one has left',
  R60: 'the end of a process whose driver has a worker: the one that exits is a child, which has no device open',
  R61: 'the end of a process whose driver has a worker: the one that exits is a child, which has no device open',
  R62: 'the same fault twice in the queue: an operation makes one',
  G41: 'a column of two operations: something that stops the queues, and their worker',
  V04: 'the end of a process that has the device open: the one that exits is a child',
  V04c: 'the end of a process that has the device open: the one that exits is a child',
  V05: 'the end of a process that has the device open: the one that exits is a child',
  V06: 'a page request while the device is unbound: a device is closed first, and that waits for the request',
  V07: 'a page that has a copy in swap, and is in the TLB of the device for reading: no state is both',
  M08: 'a column of two operations: a hole migrates, and the device writes to it',
};

/** Mutants that live. `same`: it makes no difference that the model, or a kernel, could show. */
export const survivors: Readonly<Record<string, { readonly same: boolean; readonly why: string }>> = {
  '007de202': {
    same: false,
    why: 'A mapping that is moved and grows is cut in one more place. /proc/PID/maps shows it, and no rule asks for it.',
  },
  '0141e8d8': {
    same: true,
    why: 'The lock of the page and that of the table are held throughout, and nobody who lacks both counts references.',
  },
  '0378d457': { same: false, why: 'It needs memory that runs out, which no operation uses up.' },
  '04df9746': { same: true, why: 'What is left out is a short cut: the same is asked again under mmap_lock.' },
  '0507dade': {
    same: false,
    why: 'It needs a huge page that is mapped in pieces, of which a later one is busy while they are collapsed; operations are about the first page.',
  },
  '06d14200': {
    same: true,
    why: 'What is left out is a short cut: the same is asked again under the lock, and the table that was taken is given back.',
  },
  '0736f08e': { same: true, why: 'A page more is faulted in, if it is mapped: memory may come in at any time.' },
  '07649b38': { same: true, why: 'An invalidation more, of a range in which nothing is.' },
  '078f64c0': { same: true, why: 'What is left out is a short cut: unless each page has a destination, all are given back.' },
  '07c00f34': { same: true, why: 'A round more, over a slot that the array does not have, which is taken for empty.' },
  '08eb4775': { same: false, why: 'It needs memory that runs out, which no operation uses up.' },
  '08df90c2': { same: true, why: 'An invalidation more, of a range in which nothing is.' },
  '09a2be47': { same: true, why: 'Nobody knows the page yet: it makes no difference in which order it is filled.' },
  '0d90490f': {
    same: true,
    why: 'Nobody takes mmap_lock of an address space without users for writing; exit and the OOM reaper hold it for reading, and may do so together.',
  },
  '0e054bd2': { same: true, why: 'A page may be marked dirty without being so: it is written to swap once more.' },
  '071456bb': {
    same: true,
    why: 'It runs with the option eraseEnd=onePageMore alone, which erases too much as it is.',
  },
  '0c419433': {
    same: true,
    why: 'The range of a flush is looked at by secondary TLBs only, which a driver like sva has; its device has no memory, and no page migrates.',
  },
  '1284c39c': {
    same: true,
    why: 'Who finds the entry writable by now makes it so once more: a writable page is exclusive, and an exclusive page is taken as it is.',
  },
  '1610638e': {
    same: true,
    why: 'The first unmapping is for speed: what is still mapped is unmapped page by page, under the lock of each page.',
  },
  '17155730': {
    same: true,
    why: 'The pieces of a huge page are isolated together: where one is off the LRU, the first one is, and there is nothing to put back.',
  },
  '19784f65': { same: true, why: 'The region is off the tree: nobody knows it any more.' },
  '1db50ffe': { same: true, why: 'A device without a TLB flushes it: nothing is in it.' },
  '1dd0b843': { same: true, why: 'A page that is freed has neither a lock nor waiters, or that is reported.' },
  '1eb61e11': { same: true, why: 'Who holds a reference is asked once more when the page is committed.' },
  '2104c530': {
    same: false,
    why: 'It needs another huge page at the same place in another process, on its way at the same time: a third actor.',
  },
  '23c6d8c9': {
    same: true,
    why: 'The lock of the table is held on: who takes the lock of the page now waits for the entry all the same.',
  },
  '29191507': { same: false, why: 'It needs two devices with coherent memory of one driver.' },
  '79baa796': {
    same: false,
    why: 'It needs the collapse of a huge page that is mapped in pieces, against reclaim, with more than two preemptions: a search of twenty seconds of that cell alone shows it (I-LOCK).',
  },
  '7cd2a0e6': {
    same: true,
    why: 'There are no soft-dirty bits in the model, only the write protection that finds them, and a write through an older translation is no worse than one before.',
  },
  '8b7a283f': {
    same: true,
    why: 'There is no fast GUP in the model: whoever pins takes the lock of the table, which is held until the flush at the end.',
  },
  a23a8893: {
    same: true,
    why: 'Two mappings of different files have one anon_vma, and page numbers that follow on each other: a walk looks at one mapping more.',
  },
  ffd4c8c5: {
    same: true,
    why: 'It runs with the option ownEvents=device alone, which passes over events of others as it is.',
  },
};
