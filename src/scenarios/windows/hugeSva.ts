/** A device that walks the CPU's own page tables, and finds a leaf there: windows V1 and V2. */
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { sva } from '../../drivers/sva/index.ts';
import { madvise } from '../../mm/syscalls/madvise.ts';
import { run } from '../../steps/steps.ts';
import { actNow, deviceMustWrite, discards, forks } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, meets } from '../kit/reach.ts';
import { FIRST, readPage, type SmallMachine } from '../kit/smallMachine.ts';

const PAGES = PTRS_PER_TABLE;
const LAST = PAGES - 1;

const huge: Pick<Plan, 'machine' | 'stepLimit'> = {
  machine: { pages: PAGES, hugePages: 3, driver: sva },
  stepLimit: 200_000,
};

/** Actor number 0 has written to the last page of a huge page, and knows it as writable. */
function writesLastNow(m: SmallMachine): void {
  run(madvise(m.task, m.mm, FIRST, PAGES, 'hugepage'));
  actNow(m, 0, deviceMustWrite(m, LAST, 1));
}

/** What the device has written last is there. */
const lastIsTwo = (m: SmallMachine) => {
  const value = readPage(m, LAST);
  return value === 2 ? [] : [{ rule: 'I-DATA', message: `page ${LAST} holds ${value} at the end, and the device has written 2` }];
};

export const hugeSvaPlans: readonly Plan[] = [
  {
    name: 'huge-sva-write-vs-discard',
    title: 'SVA: a device writes to the last page of a huge page, against MADV_DONTNEED of the first half of it',
    windows: 'V1 V2',
    covers: [meets('D', 'deviceTranslated', 'A', 'flushIotlb'), meets('D', 'deviceAccess', 'A', 'done')],
    ...huge,
    setup: writesLastNow,
    actors: (m) => ({ D: [deviceMustWrite(m, LAST, 2)], A: [discards(m, 0, PAGES / 2)] }),
    check: lastIsTwo,
  },
  {
    name: 'huge-sva-write-vs-fork',
    title: 'SVA: a device writes to the last page of a huge page, against fork',
    windows: 'V1 V2',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    ...huge,
    setup: writesLastNow,
    actors: (m) => ({ D: [deviceMustWrite(m, LAST, 2)], A: [forks(m)] }),
    check: lastIsTwo,
  },
];
