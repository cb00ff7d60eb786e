/** The machine of the scenarios with huge pages: one in system memory or on the device, and what it holds. */
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { madvise } from '../../mm/syscalls/madvise.ts';
import { run } from '../../steps/steps.ts';
import { type Operation, toDevice } from './operations.ts';
import type { Plan } from './plan.ts';
import { FIRST, fillPage, readPage, type SmallMachine } from './smallMachine.ts';

export const PAGES = PTRS_PER_TABLE;
export const LAST = PAGES - 1;

/** Room for two huge pages, and one on the device. */
export const huge: Pick<Plan, 'machine' | 'stepLimit'> = {
  machine: { pages: PAGES, hugePages: 3, deviceMemory: PAGES },
  stepLimit: 200_000,
};

export const advisesHuge =
  ({ mm }: SmallMachine): Operation =>
  (task) =>
    madvise(task, mm, FIRST, PAGES, 'hugepage');

export const adviseHuge = (m: SmallMachine): void => {
  run(advisesHuge(m)(m.task));
};

/** A huge page that holds 1 at its beginning, 5 at its end, and nothing but zeroes in its second piece: a split has one to drop. */
export function filled(m: SmallMachine): void {
  adviseHuge(m);
  for (let i = 0; i < PAGES; i++) if (i !== 1) fillPage(m, i, i === 0 ? 1 : i === LAST ? 5 : 9);
}

/** ... in device memory, as a whole. */
export function onDevice(m: SmallMachine): void {
  filled(m);
  run(toDevice(m, 0, PAGES)(m.task));
}

/** What the last page holds at the end. */
export const lastIs = (m: SmallMachine, ...allowed: readonly number[]) => {
  const value = readPage(m, LAST);
  return allowed.includes(value)
    ? []
    : [{ rule: 'I-DATA', message: `page ${LAST} holds ${value} at the end, allowed: ${allowed.join(', ')}` }];
};
