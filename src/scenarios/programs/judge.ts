/** What an operation of a program answers, held against what it may: the errors of sequential orders, the values of ideal memory. */
import { EACCES, EAGAIN, EBUSY, EFAULT, EINVAL, ENOENT, ENOMEM, errnoName } from '../../arena/errno.ts';
import { Violation } from '../../arena/violation.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import type { PageOutcomes } from '../../programs/allowed.ts';
import type { Answer } from '../../programs/answer.ts';
import type { Outcome } from '../../programs/ideal.ts';
import { type Operation, type OperationName, textAt } from '../../programs/operation.ts';
import type { ByTime } from './orderOfTime.ts';

type Reasons = Readonly<Record<number, string>>;

/** What is expected of one operation. */
export interface Expected {
  readonly actor: string;
  readonly operation: Operation;
  readonly driver: Pick<Driver, 'atomics'>;
  /** See {@link Driver.movesWhole}. */
  readonly movesWhole: boolean;
  /** Does another column take mappings away? */
  readonly unmapsBesides: boolean;
  /** Null: nothing is known. */
  readonly errors: ReadonlySet<unknown> | null;
  readonly pages: PageOutcomes | null;
  readonly byTime: ByTime | null;
}

/** Of drivers whose atomics work in memory of the device only. Nothing is done then. */
const inOwnMemory: Reasons = {
  [EBUSY]: 'atomics that work in memory of the device only: the page is held by somebody, or was taken home again',
  [EACCES]: 'the same, while somebody holds the page that was to move',
};

/** Of drivers that move all pages of a range or none. */
const together = 'of what moves as a whole, or not at all, somebody holds a page for a moment';

/** Of what other columns may unmap. */
const unmapped = 'what could not be brought in has been unmapped by then: mlock drops mmap_lock before it brings pages in';

/** Errors that no sequential order need show, with the reason: by their numbers, of an operation or of one advice. */
export const racy: Partial<Record<OperationName | `madvise ${string}`, Reasons>> = {
  dmig: {
    0: 'what does not move has been mapped by another command of the device before it is read back',
    [ENOENT]: 'what has moved is taken from the device again before it is read back',
    [EBUSY]: together,
  },
  'madvise collapse': {
    0: 'of a huge page on the device that a discard has split and not emptied yet each piece comes home, as its first one, which takes it apart, is still there',
    [EAGAIN]: 'a page of the range is locked, or held by somebody else, for a moment',
    [EINVAL]: 'mmap_lock is dropped between two looks, and the mapping is not what it was',
  },
  mlock: { 0: unmapped },
  swapoff: { [ENOMEM]: 'the OOM reaper has marked an address space from which a page was to come home' },
  fork: { [ENOMEM]: 'an exclusive entry whose page somebody has locked cannot be copied: copy_page_range says ENOMEM for it' },
  unbind: { [EBUSY]: 'a command on the file that was closed is still under way, or its release' },
  oomreap: {
    0: 'a process on its way out has no notifier any more that could refuse, and still has its memory',
    [EAGAIN]: 'the reaper waits for nobody: it gives up when mmap_lock, or a notifier, cannot be had at once',
  },
  excl: { [ENOENT]: 'what is exclusive is taken from the device again before it is read back', ...inOwnMemory },
  datomic: inOwnMemory,
};

/** Why no order need show that error. */
function reasonFor(
  { operation: op, driver: { atomics }, movesWhole, unmapsBesides }: Expected,
  error: number,
): string | undefined {
  const reason = (op.name === 'madvise' ? racy[`madvise ${textAt(op, 2)}`] : racy[op.name])?.[error];
  if ((reason === together && !movesWhole) || (reason === unmapped && !unmapsBesides)) return undefined;
  return reason === inOwnMemory[error] && atomics !== 'memory' ? undefined : reason;
}

/** May it do nothing, although no order shows that? */
export const mayComeToNothing = (op: Operation, { atomics }: Expected['driver']): boolean =>
  op.name === 'datomic' && atomics === 'memory';

/** What reads: the values are those of the pages. */
const READS: ReadonlySet<OperationName> = new Set(['cr', 'dread', 'dunl', 'pvr', 'fread']);
/** What succeeds only if all pages were written. */
const WRITES: ReadonlySet<OperationName> = new Set(['dwrite', 'datomic', 'pvw']);

/** What is refused by memory as a whole. */
const ACCESSES: ReadonlySet<OperationName> = new Set(['dread', 'dunl', 'pvr', ...WRITES]);

const shown = (outcomes: ReadonlySet<Outcome>): string => (outcomes.size === 0 ? 'nothing' : [...outcomes].join(', '));

/**
 * `over` is the case in which it began (orderOfTime.ts), if that is known.
 *
 * @throws Violation I-OUT for an error, or I-DATA for a value, that cannot be.
 */
export function judge(expected: Expected, answer: Answer, over?: number): void {
  const { actor, operation, errors, pages: whenever, byTime } = expected;
  const { name, text } = operation;
  const { e } = answer;
  if (errors !== null && !errors.has(e) && reasonFor(expected, e as number) === undefined) {
    const usual = [...errors].map((error) => answered(error)).join(', ');
    throw new Violation('I-OUT', `'${text}' of ${actor} answers ${answered(e)}; in sequential orders it answers ${usual}`);
  }
  const pages = byTime === null || over === undefined ? whenever : (byTime.pages[over] as PageOutcomes);
  if (pages === null) return;
  if (e === EFAULT && ACCESSES.has(name) && !pages.some((outcomes) => outcomes.has('refused')))
    throw new Violation('I-OUT', `'${text}' of ${actor} answers EFAULT, and whoever goes first its pages are mapped for it`);
  if (e !== 0) return;
  for (const [i, allowed] of pages.entries()) {
    const outcome = outcomeAt(name, answer, i);
    if (outcome === null || allowed.has(outcome)) continue;
    const rule = outcome === 'refused' ? 'I-OUT' : 'I-DATA';
    const what = outcome === 'ok' ? 'is done' : outcome === 'refused' ? 'is refused' : `finds ${outcome}`;
    const when = pages === whenever ? '' : ', after what had ended before it began';
    throw new Violation(rule, `'${text}' of ${actor} ${what} at its page ${i}; allowed${when}: ${shown(allowed)}`);
  }
}

const answered = (error: unknown): string => (error === 0 ? 'success' : errnoName(-(error as number)).slice(1));

/** What it came to at its page `i`; null if that is not told. */
function outcomeAt(name: OperationName, { v }: Answer, i: number): Outcome | null {
  if (WRITES.has(name)) return 'ok';
  const values = v as readonly (number | string)[] | undefined;
  if (name === 'cw') return values?.[i] === undefined || values[i] === 'ok' ? 'ok' : 'refused';
  if (!READS.has(name) || values?.[i] === undefined) return null;
  const value = values[i];
  return typeof value === 'string' ? 'refused' : value;
}
