/** A userfaultfd of a process, and the thread of it that fills a page as soon as somebody misses it. */
import { xchg } from '../../arena/access.ts';
import { type Mm, Userfaultfd } from '../../arena/structures.ts';
import type { Errno } from '../../arena/units.ts';
import { userfaultfdCopy, userfaultfdFree, userfaultfdRegister, userfaultfdRelease } from '../../mm/fault/userfaultfd.ts';
import { run } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';

/** Missing pages of [start, start + pages): page i is filled with the word `first` + i. */
export interface MissingRange {
  readonly context: Userfaultfd;
  readonly start: number;
  readonly pages: number;
  readonly first: number;
}

/** An address space with such ranges. */
interface Watched {
  readonly mm: Mm;
  readonly missing: MissingRange[];
}

/** Registers a range. 0 or a negative errno. */
export function watchMissing(task: Task, { mm, missing }: Watched, range: Omit<MissingRange, 'context'>): Errno {
  const context = run(userfaultfdRegister(task, mm, range.start, range.pages));
  if (context < 0) return context;
  missing.push({ ...range, context });
  return 0;
}

/** The threads get a turn: each fills the page that was reported to it. False when none was. */
export function fillMissing(helper: Task, processes: Iterable<Watched>): boolean {
  const { arena } = helper;
  for (const { mm, missing } of processes) {
    const vpn = missing[0] === undefined ? 0 : xchg(arena, missing[0].context + Userfaultfd.message, 0);
    const range = missing.find(({ start, pages }) => start <= vpn && vpn < start + pages);
    if (range === undefined) continue;
    run(userfaultfdCopy(helper, range.context, mm, vpn, range.first + vpn - range.start));
    return true;
  }
  return false;
}

/** The process exits. */
export function forgetMissing(task: Task, { mm, missing }: Watched): void {
  const { arena } = task;
  for (const { context, start, pages } of missing) run(userfaultfdRelease(task, mm, context, start, pages));
  const contexts = new Set(missing.splice(0).map(({ context }) => context));
  for (const context of contexts) userfaultfdFree(arena, context);
}
