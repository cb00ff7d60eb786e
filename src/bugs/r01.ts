import type { Bug } from './bug.ts';

export const r01: Bug = {
  id: 'R01',
  title:
    'itree-remove-early-return: the end of the exclusion is tested without the lock, and the sequence turns even before the deferred list is drained',
  reference: 'commit 319561669a59, 2022',
  kind: 'UAF',
  threads: 2,
  preemptions: 2,
  oracles: ['I-CB', 'I-UAF', 'I-CRASH'],
  scenario: 'remove-vs-bracket',
  edits: [
    {
      module: 'notifier/sequence',
      find: 'const ends = active === 0 && isInvalidating(task, subs);',
      replace:
        'const ends = active === 0 && isInvalidating(task, subs); if (ends) { store(arena, subs + Subscriptions.invalidateSeq, (get(arena, subs + Subscriptions.invalidateSeq) + 1) | 0); yield Point.invEndWake; }',
    },
    {
      module: 'notifier/sequence',
      find: 'store(arena, subs + Subscriptions.invalidateSeq, (get(arena, subs + Subscriptions.invalidateSeq) + 1) | 0); drainDeferred(task, subs);',
      replace: 'drainDeferred(task, subs);',
    },
    {
      module: 'notifier/interval',
      find: 'yield* waitForExclusion(task, subs, seq); yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions); const done = get(task.arena, subs + Subscriptions.invalidateSeq) !== seq; yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);',
      replace:
        'yield Point.mmuIntervalReadBegin; yield* waitForExclusion(task, subs, seq); const done = load(task.arena, subs + Subscriptions.invalidateSeq) !== seq;',
      imports: { Point: 'steps/points' },
    },
  ],
};
