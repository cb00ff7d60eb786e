/**
 * The drivers whose way from a fault down to the page table of the device is timed apart: nouveau, from nouveauPfnsMap to gp100VmmPgtPfn,
 * and amdgpu, which programs an object at once. Pages are present and entries stay as they are, so that both parts look at everything
 * and change nothing.
 */
import { store } from '../src/arena/access.ts';
import { createArena } from '../src/arena/arena.ts';
import { Actor, ActorState } from '../src/arena/structures.ts';
import { amdgpuUserptr } from '../src/drivers/amdgpu/index.ts';
import type { Driver } from '../src/drivers/base/driver.ts';
import { type MirrorRange, mirrorAlloc, mirrorRange } from '../src/drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../src/drivers/base/options.ts';
import { program } from '../src/drivers/dmirror/fault.ts';
import { intervalAt } from '../src/drivers/dmirror/interval.ts';
import { nouveau } from '../src/drivers/nouveau/index.ts';
import { nouveauPfnsMap } from '../src/drivers/nouveau/svm.ts';
import { PFNS_MOST } from '../src/drivers/nouveau/vmm.ts';
import { registerDriver } from '../src/drivers/registry.ts';
import { hmmRangeFault, requestFlags } from '../src/hmm/rangeFault.ts';
import { cpuStore } from '../src/mm/fault/cpuAccess.ts';
import { mmapAnonymous } from '../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../src/mm/vma/mmapLock.ts';
import { mmAlloc } from '../src/mm/vma/mmStruct.ts';
import { mmuIntervalReadBegin } from '../src/notifier/sequence.ts';
import { run, type Steps } from '../src/steps/steps.ts';
import { Task } from '../src/sync/task.ts';
import { parkAlone } from '../src/sync/wait.ts';

const BASE = 512 * 8;

/** A device fault, and the part of it that writes the page table. */
export interface Chain {
  readonly name: string;
  readonly fault: (times: number) => void;
  readonly chain: (times: number) => void;
}

type Down = (task: Task, mirror: number, range: MirrorRange) => Steps<number>;

function chainOf(name: string, driver: Driver, pages: number, down: Down): Chain {
  const arena = createArena({ systemPages: 2048, devicePages: 0, devices: 0, tables: 64 });
  const task = new Task(arena, 0, { park: parkAlone, checks: false });
  store(arena, task.actor + Actor.state, ActorState.running);
  const mm = mmAlloc(arena);
  run(mmapAnonymous(task, mm, BASE, pages));
  for (let i = 0; i < pages; i++) run(cpuStore(task, mm, BASE + i, 0, i));
  const mirror = mirrorAlloc(arena, { driver: registerDriver(driver), mm, pgmap: 0, device: 1 });
  storeOptions(arena, mirror, optionWords(driver, { window: String(pages), notifierPages: '512' }));
  run(driver.open(task, mirror));
  run(driver.fault(task, mirror, BASE, BASE + pages, true));
  const range = mirrorRange(task, mirror, run(intervalAt(task, mirror, BASE)), BASE, BASE + pages);
  range.defaultFlags = requestFlags(true);
  range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
  run(mmapReadLock(task, mm));
  if (run(hmmRangeFault(task, range)) !== 0) throw new Error(`${name}: the pages are not there`);
  run(mmapReadUnlock(task, mm));
  const words = { ...range, hmmPfns: range.hmmPfns.slice() };
  return {
    name,
    fault(times) {
      for (let n = 0; n < times; n++) run(driver.fault(task, mirror, BASE, BASE + pages, true));
    },
    chain(times) {
      for (let n = 0; n < times; n++) run(down(task, mirror, words));
    },
  };
}

export const chains = (): readonly Chain[] => [
  chainOf(`nouveau, ${PFNS_MOST} pages`, nouveau, PFNS_MOST, nouveauPfnsMap),
  chainOf('amdgpu-userptr, 16 pages', amdgpuUserptr, PFNS_MOST, (task, mirror, range) => program(task, mirror, range, true)),
  chainOf('amdgpu-userptr, 512 pages', amdgpuUserptr, 512, (task, mirror, range) => program(task, mirror, range, true)),
];
