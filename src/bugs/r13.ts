import type { Bug } from './bug.ts';

export const r13: Bug = {
  id: 'R13',
  title: 'valid-before-count: the callbacks run before the invalidation is announced',
  reference: 'KVM, 58cd407ca4c6, 2022',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'notifier/sequence',
      find: 'if (node !== 0) store(arena, subs + Subscriptions.invalidateSeq, get(arena, subs + Subscriptions.invalidateSeq) | 1);',
      replace: '',
    },
    {
      module: 'notifier/invalidate',
      find: 'const seq = get(arena, subs + Subscriptions.invalidateSeq);',
      replace: 'const seq = get(arena, subs + Subscriptions.invalidateSeq) | 1;',
      imports: { store: 'arena/access' },
    },
    {
      module: 'notifier/invalidate',
      find: 'if (!ok) yield* invEnd(task, subs);',
      replace:
        'yield Point.intervalCallback; store(arena, subs + Subscriptions.invalidateSeq, seq); if (!ok) yield* invEnd(task, subs);',
    },
  ],
};
