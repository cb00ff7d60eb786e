/** Running a self-test: alone, or as a scenario of the explorer with its second thread and a disturber. */
import assert from 'node:assert/strict';
import { store } from '../../src/arena/access.ts';
import { poolFree } from '../../src/arena/pool.ts';
import { Actor, ActorState } from '../../src/arena/structures.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { checkCounts } from '../../src/oracles/counts.ts';
import type { Finding } from '../../src/oracles/finding.ts';
import { checkLeaks } from '../../src/oracles/leaks.ts';
import { checkLocksFree, checkMirrors } from '../../src/oracles/mirror.ts';
import { checkNotifiers } from '../../src/oracles/notifiers.ts';
import type { Scenario, Script } from '../../src/scenarios/kit/scenario.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { Bench, bootMachine, FULL, type Kind, type Machine, PMD, RW, type Size } from './bench.ts';
import type { SelfTest } from './selfTest.ts';

/** What must hold after a case: it has closed its files and unmapped its memory, so nothing is left on any device. */
const findings = ({ arena }: Machine): Finding[] => [
  ...checkLocksFree(arena),
  ...checkNotifiers(arena),
  ...checkCounts(arena),
  ...checkMirrors(arena),
];

/** Runs a case in one thread, at full size, and looks for leaks after everything has ended. */
export function runAlone({ run: body, huge = false, settings }: SelfTest, kind: Kind, size: Size = FULL): void {
  const machine = bootMachine(size, huge, settings);
  const { arena, setup, mm, pgmaps } = machine;
  run(body(new Bench(machine, setup, kind)));
  assert.deepEqual(findings(machine), []);
  run(mmput(setup, mm));
  for (const pgmap of pgmaps) poolFree(arena, arena.pools.pgmap, pgmap);
  assert.deepEqual(checkLeaks(arena), []);
}

/** A range far away from what the cases map, with pages before and after it that nobody uses. */
const ELSEWHERE = 64 * PMD;
const ELSEWHERE_PAGES = 4;

/** Everything a process may do to its address space, on the unrelated range. */
function* disturb(task: Task, mm: number): Steps<void> {
  yield* mmapAnonymous(task, mm, ELSEWHERE, ELSEWHERE_PAGES);
  yield* cpuStore(task, mm, ELSEWHERE, 0, 1);
  yield* cpuStore(task, mm, ELSEWHERE + 1, 0, 1);
  yield* mprotect(task, mm, ELSEWHERE, 2, VM_READ);
  yield* mprotect(task, mm, ELSEWHERE, 2, RW);
  yield* madviseDontneed(task, mm, ELSEWHERE, ELSEWHERE_PAGES);
  yield* cpuStore(task, mm, ELSEWHERE + 2, 0, 1);
  yield* munmap(task, mm, ELSEWHERE, ELSEWHERE_PAGES);
}

const ROUNDS = 3;

/** The case as a scenario: with its second thread, and with a disturber if asked for. */
export function scenarioOf(test: SelfTest, kind: Kind, size: Size, disturber: boolean): Scenario {
  return {
    name: `${test.name}.${kind}`,
    title: test.name,
    windows: '',
    stepLimit: 500_000,
    prepare() {
      const { huge = false } = test;
      const machine = bootMachine(huge ? { ...size, batch: PMD, window: 32 } : size, huge, test.settings);
      const { arena, mm, setup } = machine;
      const threaded = test.thread !== undefined;
      const actors: Script[] = [{ name: 'T', operations: [(task) => test.run(new Bench(machine, task, kind, threaded))] }];
      const { thread } = test;
      if (thread !== undefined) actors.push({ name: 'S', operations: [(task) => thread(new Bench(machine, task, kind, true))] });
      if (disturber) {
        actors.push({ name: 'D', operations: Array.from({ length: ROUNDS }, () => (task: Task) => disturb(task, mm)) });
      }
      store(arena, setup.actor + Actor.state, ActorState.absent);
      return { arena, actors, check: () => findings(machine) };
    },
  };
}
