/** hmm_range_fault called by hand, with a request of its own for each page: windows E27 to E29. */
import { forgetRound, get, observed } from '../../arena/access.ts';
import { EBUSY } from '../../arena/errno.ts';
import { Mirror, Mm } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { DEV_VALID, DEV_WRITE, deviceEntry, entryFromPfn, setDeviceEntry } from '../../drivers/base/deviceTable.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { intervalAt, intervalDone } from '../../drivers/dmirror/interval.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { HMM_PFN_REQ_FAULT, HMM_PFN_REQ_WRITE, HMM_PFN_VALID, HMM_PFN_WRITE } from '../../hmm/pfn.ts';
import { hmmRangeFault } from '../../hmm/rangeFault.ts';
import { readPte } from '../../mm/table/tables.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import { run } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import {
  actNow,
  device,
  deviceFaults,
  deviceMustRead,
  deviceReads,
  discards,
  moveNow,
  mustSucceed,
  type Operation,
  pagesOut,
  toDevice,
  toSystem,
  unmaps,
  valueIn,
} from '../kit/operations.ts';
import { MOVES_FIRST, type Plan } from '../kit/plan.ts';
import { counts, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** Requests for the pages from FIRST on; asked for again from the start after every collision, with fresh words. */
const asks = (m: SmallMachine, requests: readonly number[]): Operation =>
  function* (task) {
    const words = task.pfns.subarray(0, requests.length);
    const range: HmmRange = {
      notifier: yield* intervalAt(task, device(m), FIRST),
      notifierSeq: 0,
      start: FIRST,
      end: FIRST + requests.length,
      hmmPfns: words,
      defaultFlags: 0,
      pfnFlagsMask: HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE,
      devPrivateOwner: 0,
    };
    let result: number;
    const mark = observed();
    do {
      words.set(requests);
      forgetRound(mark);
      // The token of the round before is worth nothing any more.
      range.notifierSeq = 0;
      range.notifierSeq = yield* mmuIntervalReadBegin(task, range.notifier);
      yield* mmapReadLock(task, m.mm);
      result = yield* hmmRangeFault(task, range);
      yield* mmapReadUnlock(task, m.mm);
    } while (result === -EBUSY);
    yield* intervalDone(task, device(m), range.notifier);
    mustSucceed('a range fault of mapped pages', result);
    requests.forEach((request, i) => {
      const wanted = request === 0 ? 0 : HMM_PFN_VALID | ((request & HMM_PFN_REQ_WRITE) !== 0 ? HMM_PFN_WRITE : 0);
      if (((words[i] as number) & wanted) !== wanted) {
        throw new Violation('I-OUT', `the range fault returned 0, but page ${i} was not made accessible as asked`);
      }
    });
  };

/** A prefetch: maps what is present, and faults nothing in. The array is used again for the next attempt. */
const prefetches = (m: SmallMachine): Operation =>
  function* (task) {
    const mirror = device(m);
    const updateLock = mirror + Mirror.updateLock;
    const words = new Int32Array(1);
    const range: HmmRange = {
      notifier: yield* intervalAt(task, mirror, FIRST),
      notifierSeq: 0,
      start: FIRST,
      end: FIRST + 1,
      hmmPfns: words,
      defaultFlags: 0,
      pfnFlagsMask: 0,
      devPrivateOwner: get(m.arena, mirror + Mirror.device),
    };
    for (let stable = false; !stable; ) {
      range.notifierSeq = 0;
      range.notifierSeq = yield* mmuIntervalReadBegin(task, range.notifier);
      yield* mmapReadLock(task, m.mm);
      const result = yield* hmmRangeFault(task, range);
      yield* mmapReadUnlock(task, m.mm);
      if (result === -EBUSY) continue;
      yield Point.driverSnapshot;
      yield* mutexLock(task, updateLock, LockClass.updateLock);
      stable = !mmuIntervalReadRetry(task, range.notifier, range.notifierSeq);
      const word = words[0] as number;
      if (stable && (word & HMM_PFN_VALID) !== 0) yield* setDeviceEntry(task, mirror, FIRST, entryFromPfn(word));
      yield* mutexUnlock(task, updateLock, LockClass.updateLock);
    }
    yield* intervalDone(task, mirror, range.notifier);
  };

/** After a fault for writing that succeeded, every page of the request has a device entry that allows it. Drivers other than dmirror may stop early. */
const faultsAll = (m: SmallMachine, pages: number): Operation =>
  function* (task) {
    const result = yield* deviceFaults(m, 0, pages, true)(task);
    for (let page = 0; page < pages && result === 0; page++) {
      const entry = deviceEntry(m.arena, device(m), FIRST + page);
      if (entry === 0 && page > 0 && m.driver !== dmirror) return;
      if ((entry & (DEV_VALID | DEV_WRITE)) !== (DEV_VALID | DEV_WRITE)) {
        const left = entry === 0 ? 'left it out' : 'does not let the device write to it';
        throw new Violation('I-OUT', `the fault of ${pages} pages for writing returned 0, and of page ${page} ${left}`);
      }
    }
  };

const WRITE = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;

export const rangeFaultPlans: readonly Plan[] = [
  {
    name: 'fault-on-locked-page-vs-writer',
    title: 'a device faults on a page that another is bringing home, while a writer waits for mmap_lock',
    windows: 'E36 F36',
    covers: [stands('D', 'waitOnLocked'), meets('D', 'hmmFaultPage', 'S', 'copyPage')],
    memory: true,
    machine: { devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0, 1)], S: [toSystem(m, 0)], W: [unmaps(m, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'prefetch-vs-migration',
    title: 'one device maps what is present of a page that another one migrates',
    windows: 'E6 F10',
    covers: [meets('D', 'driverSnapshot', 'M', 'driverCollected'), counts('M', 'migratedToDevice')],
    machine: { pages: 1, devices: 2, driver: dmirror },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [prefetches(m)], M: [toDevice(m, 0, 1, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'request-vs-dontneed',
    title: 'a range fault with a request for each page against MADV_DONTNEED',
    windows: 'E28 E29',
    covers: [meets('D', 'hmmFaultPage', 'A', 'intervalCallback'), counts('D', 'hmmFaults')],
    machine: { pages: 1, driver: dmirror },
    actors: (m) => ({ D: [asks(m, [WRITE])], A: [discards(m, 0)] }),
  },
  {
    name: 'report-only-vs-dontneed',
    title: 'page 0 is only reported, page 1 is faulted in; nobody asked for page 0 when it is gone',
    windows: 'E28 E29',
    covers: [meets('D', 'hmmWalkPte', 'A', 'clearPte')],
    machine: { driver: dmirror },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [asks(m, [0, WRITE])], A: [discards(m, 0)] }),
    check(m) {
      const pte = readPte(m.arena, get(m.arena, m.mm + Mm.pgd), FIRST);
      return pte === 0 ? [] : [{ rule: 'I-OUT', message: 'page 0 was faulted in, and was only to be reported' }];
    },
  },
  {
    name: 'request-behind-a-gap',
    title: 'nothing is mapped at page 0, of which nobody asks anything; page 1 is asked for, and discarded meanwhile',
    windows: 'E28 E29',
    covers: [meets('D', 'hmmFaultPage', 'A', 'intervalCallback'), counts('D', 'hmmFaults')],
    machine: { driver: dmirror },
    setup: (m) => actNow(m, 0, unmaps(m, 0)),
    actors: (m) => ({ D: [asks(m, [0, WRITE])], A: [discards(m, 1)] }),
  },
  {
    name: 'request-vs-migration',
    title: 'a range fault of one device meets the migration entry of a page that migrates to another',
    windows: 'F10',
    covers: [stands('D', 'waitOnLocked'), counts('M', 'migratedToDevice')],
    machine: { pages: 1, devices: 2, driver: dmirror },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [asks(m, [HMM_PFN_REQ_FAULT])], M: [toDevice(m, 0, 1, 1)] }),
  },
  {
    name: 'request-of-a-swapped-page',
    title: 'one after another: a page goes to swap, and a range fault asks for it',
    windows: 'S5',
    covers: [stands('D', 'swapCache'), counts('D', 'hmmFaults')],
    machine: { pages: 1, swapSlots: 2, driver: dmirror },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [pagesOut(m, 0), asks(m, [WRITE])] }),
    check: valueIn(1),
  },
  {
    name: 'own-page-behind-a-hole',
    title: 'one after another: a device faults a hole and, behind it, a page that it holds itself',
    windows: 'E26',
    covers: [counts('D', 'hmmFaults')],
    unless: MOVES_FIRST,
    memory: true,
    setup(m) {
      fillPage(m, 1, 1);
      moveNow(m, 1);
    },
    actors: (m) => ({ D: [deviceFaults(m, 0, 2, true)] }),
  },
  {
    name: 'fault-of-four-pages',
    title: 'one after another: a fault of four pages, in windows of two',
    windows: 'E29',
    mirrored: true,
    covers: [counts('D', 'hmmFaults')],
    unless: MOVES_FIRST,
    machine: { pages: 4 },
    actors: (m) => ({ D: [faultsAll(m, 4)] }),
  },
  {
    name: 'unlocked-fault-vs-munmap',
    title: 'a range fault that drops mmap_lock (the page is exclusive to another device) against munmap',
    windows: 'E27',
    covers: [counts('D', 'rangeBusy'), meets('D', 'hmmWalk', 'A', 'munmapDetached')],
    machine: { pages: 1, devices: 2, settings: { unlocked: 'on' } },
    setup(m) {
      fillPage(m, 0, 1);
      run(m.driver.makeExclusive(m.task, device(m), FIRST));
    },
    actors: (m) => ({ D: [deviceReads(m, 0, 1)], A: [unmaps(m, 0)] }),
  },
];
