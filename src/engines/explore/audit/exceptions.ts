/** Steps of the model that touch two contested words and are meant to be one step. Each with its reason; docs/limits.md has them, too. */
import type { AuditFinding } from './audit.ts';

export interface Exception {
  /** Fields, without places in an array. */
  readonly fields: readonly string[];
  /** Must both accesses be to such fields, or is one enough? */
  readonly which: 'both' | 'either';
  /** Points where the step begins; all where it is left out. */
  readonly at?: readonly string[];
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [
  {
    fields: ['actor.access', 'actor.tlbLive', 'table entry', 'page.refcount', 'mirror.private'],
    which: 'both',
    at: ['cpuAccess', 'deviceAccess', 'flushTlb', 'flushDeviceTlb'],
    reason:
      'A translation, from the begin of the access to the entry, is one step, as it is to hardware that a flush waits for; ' +
      'so is what a flush does to one agent. With SVA it begins at the entry of the PASID, a private word of the mirror. Reference counts are looked at there by a check (I-FREE) only.',
  },
  {
    fields: ['mm.users', 'mm.count'],
    which: 'either',
    reason:
      'Who takes or drops a reference to an address space looks at no more than whether it is the last one: other references are no news.',
  },
  {
    fields: ['intervalSub pool', 'header.tableFree'],
    which: 'either',
    reason:
      'An allocator is used in the same step as what comes next. Which free object somebody gets makes no difference to anybody.',
  },
  {
    fields: ['header.srcuReaders', 'subscriptions.list'],
    which: 'both',
    at: ['srcuReadLock'],
    reason:
      'A reader that is counted goes on to read the list; only a grace period looks at the count, and waits for the reader.',
  },
  {
    fields: ['mirror.handle', 'mirror.pgmap', 'mirror.mm', 'mirror.options', 'page.deviceData'],
    which: 'both',
    reason:
      'A mirror is looked for without a lock, and once more when there is a reference of it (getMirror): what was read of one that ' +
      'is freed meanwhile is not believed.',
  },
];

const withoutPlace = (field: string): string => field.replace(/\[\d+\]$/, '');

/** The exception that covers a finding, if any. */
export const exceptionFor = ({ first, second, from }: AuditFinding): Exception | undefined =>
  exceptions.find(({ fields, which, at }) => {
    const known = [first, second].filter(({ field }) => fields.includes(withoutPlace(field))).length;
    return (at === undefined || at.includes(from)) && known >= (which === 'both' ? 2 : 1);
  });
