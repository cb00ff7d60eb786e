/** What becomes of mappings while their pages are used: neighbours that join, and a page that is missing until somebody fills it. */
import { get } from '../../arena/access.ts';
import { liveObjects } from '../../arena/pool.ts';
import { Mm } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import {
  userfaultfdCopy,
  userfaultfdFree,
  userfaultfdRead,
  userfaultfdRegister,
  userfaultfdRelease,
} from '../../mm/fault/userfaultfd.ts';
import { addressSpaceAlloc, putAddressSpace } from '../../mm/file/addressSpace.ts';
import { mmapRegion } from '../../mm/syscalls/mmap.ts';
import { mprotect } from '../../mm/syscalls/mprotect.ts';
import { VM_READ, VM_WRITE } from '../../mm/vma/vma.ts';
import type { Finding } from '../../oracles/finding.ts';
import { run } from '../../steps/steps.ts';
import { actNow, allowsWrites, cpuReads, cpuWrites, forkNow, type Operation, valueIn } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { meets, stands } from '../kit/reach.ts';
import { FIRST, type SmallMachine } from '../kit/smallMachine.ts';

/** Page by page, so that each VMA has an anon_vma of its own, or none where nothing is written. */
function cutAndWrite(m: SmallMachine, written: readonly number[]): void {
  run(mprotect(m.task, m.mm, FIRST + 1, 1, VM_READ));
  for (const page of written) actNow(m, 0, cpuWrites(m, page, 1));
}

/** The process that came last has two VMAs at the end. */
const twoMappings = ({ arena }: SmallMachine): Finding[] => {
  const found = get(arena, (liveObjects(arena, arena.pools.mm).at(-1) as Mm) + Mm.vmaCount);
  return found === 2 ? [] : [{ rule: 'I-ENTRY', message: `${found} mappings are left, where a kernel has 2` }];
};

/** Page 0 is of a file, and has the place in it that it would have in anonymous memory. Page 1 is anonymous, and may only be read. */
function fileBeside(m: SmallMachine): void {
  const mapping = addressSpaceAlloc(m.arena, FIRST + 1);
  run(mmapRegion(m.task, m.mm, FIRST, 1, { flags: VM_READ | VM_WRITE, backing: { mapping, pgoff: FIRST } }));
  run(putAddressSpace(m.task, mapping));
  run(mprotect(m.task, m.mm, FIRST + 1, 1, VM_READ));
}

/** A page that is missing, and a userfaultfd that is asked for it. */
const monitored = {
  windows: 'E3',
  machine: { pages: 1, devices: 0 },
  setup: (m: SmallMachine) => run(userfaultfdRegister(m.task, m.mm, FIRST, 1)),
};

const closes =
  (m: SmallMachine, context: number): Operation =>
  (task) =>
    userfaultfdRelease(task, m.mm, context, FIRST, 1);

/** The thread that serves a userfaultfd: it waits for one page, and fills it. */
const fillsOne = (m: SmallMachine, context: number): Operation =>
  function* (task) {
    const vpn = yield* userfaultfdRead(task, context);
    if (vpn !== FIRST) throw new Violation('I-OUT', `a userfaultfd tells of address page ${vpn}`);
    yield* userfaultfdCopy(task, context, m.mm, vpn, 5);
  };

/** The thread of a userfaultfd is told that it was closed, however often it asks; then nobody needs it any more. */
const asksTwice = (m: SmallMachine, context: number): Operation =>
  function* (task) {
    for (let asked = 0; asked < 2; asked++) {
      const vpn = yield* userfaultfdRead(task, context);
      if (vpn >= 0) throw new Violation('I-OUT', `a userfaultfd tells of address page ${vpn}, which nobody misses`);
    }
    userfaultfdFree(m.arena, context);
  };

export const mappingPlans: readonly Plan[] = [
  {
    name: 'mprotect-between-two-anon-vmas',
    title: 'a mapping becomes like its two neighbours, which do not belong together, while it is read',
    windows: 'E3',
    machine: { pages: 3, devices: 0 },
    setup: (m) => cutAndWrite(m, [0, 2]),
    actors: (m) => ({ A: [allowsWrites(m, 1)], C: [cpuReads(m, 1)] }),
    check: twoMappings,
    covers: [meets('A', 'mprotectVma', 'C', 'lock')],
  },
  {
    name: 'mprotect-in-a-child',
    title: 'two mappings of a child become alike; they were one before the fork cut what they have in common',
    windows: 'E3',
    machine: { pages: 2, devices: 0 },
    setup(m) {
      for (const page of [0, 1]) actNow(m, 0, cpuWrites(m, page, 1));
      run(mprotect(m.task, m.mm, FIRST + 1, 1, VM_READ));
      return forkNow(m);
    },
    actors: (m, child) => ({ A: [allowsWrites(m, 1, child)], C: [cpuWrites(m, 0, 2)] }),
    check: twoMappings,
    covers: [stands('A', 'mprotectVma')],
  },
  {
    name: 'missing-page-vs-its-thread',
    title: 'a page is missing, and the thread that fills it waits to be told',
    ...monitored,
    actors: (m, context) => ({ C: [cpuReads(m, 0)], F: [fillsOne(m, context)] }),
    covers: [stands('F', 'wait')],
  },
  {
    name: 'mprotect-beside-a-file',
    title: 'anonymous memory becomes like its neighbour, which is of a file',
    windows: 'E3',
    machine: { pages: 2, devices: 0 },
    setup: fileBeside,
    actors: (m) => ({ A: [allowsWrites(m, 1)], C: [cpuWrites(m, 0, 2)] }),
    check: twoMappings,
    covers: [meets('A', 'mprotectVma', 'C', 'lock')],
  },
  {
    name: 'userfaultfd-closed-vs-its-thread',
    title: 'a userfaultfd is closed while its thread waits to be told, or before it asks',
    ...monitored,
    actors: (m, context) => ({ A: [closes(m, context)], F: [asksTwice(m, context)] }),
    covers: [stands('F', 'wait')],
  },
  {
    name: 'userfaultfd-closed-vs-missing-page',
    title: 'a userfaultfd is closed while a CPU waits for a page that nobody fills: it finds zeroes',
    ...monitored,
    actors: (m, context) => ({ A: [closes(m, context)], C: [cpuReads(m, 0)] }),
    check: valueIn(0),
    covers: [stands('C', 'wait')],
  },
];
