/** One machine to benchmark on: an address space with populated pages and a device that mirrors it. */
import { store } from '../src/arena/access.ts';
import { createArena } from '../src/arena/arena.ts';
import { Actor, ActorState } from '../src/arena/structures.ts';
import { mirrorAlloc, mirrorInterval } from '../src/drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../src/drivers/base/options.ts';
import { probeDevice } from '../src/drivers/base/probe.ts';
import { dmirror } from '../src/drivers/dmirror/index.ts';
import { registerDriver } from '../src/drivers/registry.ts';
import type { HmmRange } from '../src/hmm/hmmRange.ts';
import { hmmRangeFault } from '../src/hmm/rangeFault.ts';
import { cpuStore } from '../src/mm/fault/cpuAccess.ts';
import { MEMORY_DEVICE_PRIVATE } from '../src/mm/page/devPagemap.ts';
import { madviseDontneed } from '../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../src/mm/vma/mmapLock.ts';
import { mmAlloc } from '../src/mm/vma/mmStruct.ts';
import { mmuIntervalReadBegin } from '../src/notifier/sequence.ts';
import { run } from '../src/steps/steps.ts';
import { Task } from '../src/sync/task.ts';
import { parkAlone } from '../src/sync/wait.ts';

export const PAGES = 512;
const BASE = 512 * 8;
const TOUCH = BASE + 512;

export interface Bench {
  /** The walk of 512 present pages, no requests. */
  readonly snapshotWalk: (times: number) => void;
  /** A device fault of the same range, checked and programmed. */
  readonly deviceFault: (times: number) => void;
  /** CPU writes to pages that are not there yet. At most {@link PAGES} between two calls of `discard`. */
  readonly firstTouch: (times: number) => void;
  readonly discard: () => void;
  /** One page to the device and back. */
  readonly roundTrip: (times: number) => void;
}

/** `checks` switches the lock rules on. */
export function benchMachine(checks: boolean): Bench {
  const arena = createArena({ systemPages: 4096, devicePages: 1024, devices: 1, tables: 64 });
  const task = new Task(arena, 0, { park: parkAlone, checks });
  store(arena, task.actor + Actor.state, ActorState.running);
  const mm = mmAlloc(arena);
  run(mmapAnonymous(task, mm, BASE, PAGES));
  run(mmapAnonymous(task, mm, TOUCH, PAGES));
  for (let i = 0; i < PAGES; i++) run(cpuStore(task, mm, BASE + i, 0, i));
  const driver = registerDriver(dmirror);
  const { pgmap } = probeDevice(task, 1024, { type: MEMORY_DEVICE_PRIVATE, owner: 1, ops: driver });
  const mirror = mirrorAlloc(arena, { driver, mm, pgmap, device: 1 });
  storeOptions(arena, mirror, optionWords(dmirror, { window: '512' }));
  run(dmirror.open(task, mirror));
  const range: HmmRange = {
    notifier: mirrorInterval(arena, mirror),
    notifierSeq: 0,
    start: BASE,
    end: BASE + PAGES,
    hmmPfns: new Int32Array(PAGES),
    defaultFlags: 0,
    pfnFlagsMask: 0,
    devPrivateOwner: 1,
  };
  let touched = 0;
  return {
    snapshotWalk(times) {
      range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
      run(mmapReadLock(task, mm));
      for (let n = 0; n < times; n++) run(hmmRangeFault(task, range));
      run(mmapReadUnlock(task, mm));
    },
    deviceFault(times) {
      for (let n = 0; n < times; n++) run(dmirror.fault(task, mirror, BASE, BASE + PAGES, true));
    },
    firstTouch(times) {
      for (let n = 0; n < times; n++) run(cpuStore(task, mm, TOUCH + touched++, 0, n));
    },
    discard() {
      run(madviseDontneed(task, mm, TOUCH, PAGES));
      touched = 0;
    },
    roundTrip(times) {
      for (let n = 0; n < times; n++) {
        const vpn = BASE + (n % PAGES);
        run(dmirror.migrateToDevice(task, mirror, vpn, vpn + 1));
        run(dmirror.migrateToSystem(task, mirror, vpn, vpn + 1));
      }
    },
  };
}
