/** A userfaultfd of a process, and the thread of it that fills a page as soon as somebody misses it. */
import { get, xchg } from '../arena/access.ts';
import { deref } from '../arena/pool.ts';
import { Mm, Userfaultfd } from '../arena/structures.ts';
import type { Errno } from '../arena/units.ts';
import { userfaultfdCopy, userfaultfdFree, userfaultfdRegister, userfaultfdRelease } from '../mm/fault/userfaultfd.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Machine, MissingRange } from './machine.ts';

type Missing = Pick<Machine, 'arena' | 'missing'>;

/** Registers a range. 0 or a negative errno. */
export function* watchMissing(task: Task, { arena, missing }: Machine, range: Omit<MissingRange, 'context'>): Steps<Errno> {
  const { mm, start, pages } = range;
  const context = yield* userfaultfdRegister(task, mm, start, pages);
  if (context < 0) return context;
  missing.push({ ...range, context: get(arena, mm + Mm.userfaultfd) });
  return 0;
}

/** Those that are watched still: their process is there. */
const watched = ({ arena, missing }: Missing): MissingRange[] =>
  missing.filter(({ mm, context }) => get(arena, mm + Mm.userfaultfd) === context);

/** The threads get a turn: each fills the page that was reported to it. False when none was. */
export function* fillMissing(helper: Task, machine: Missing): Steps<boolean> {
  const { arena } = machine;
  const ranges = watched(machine);
  for (const { context, mm } of ranges) {
    const at = deref(arena, arena.pools.userfaultfd, context);
    const vpn = xchg(arena, at + Userfaultfd.message, 0);
    const range = ranges.find((one) => one.mm === mm && one.start <= vpn && vpn < one.start + one.pages);
    if (range === undefined) continue;
    yield* userfaultfdCopy(helper, at, mm, vpn, range.first + vpn - range.start);
    return true;
  }
  return false;
}

/** The process of an address space exits. */
export function* forgetMissing(task: Task, machine: Machine, mm: Mm): Steps<void> {
  const { arena } = machine;
  const ranges = watched(machine).filter((range) => range.mm === mm);
  const [first] = ranges;
  if (first === undefined) return;
  const context = deref(arena, arena.pools.userfaultfd, first.context);
  for (const { start, pages } of ranges) yield* userfaultfdRelease(task, mm, context, start, pages);
  userfaultfdFree(arena, context);
}
