import type { Bug } from './bug.ts';

export const f30: Bug = {
  id: 'F30',
  title: 'classic notifiers are called before interval notifiers: the zap comes before the sequence',
  reference: 'window F30',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
  scenario: 'device-fault-vs-dontneed@nouveau',
  edits: [
    {
      module: 'notifier/invalidate',
      find: 'if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN; if (get(arena, subs + Subscriptions.list) === 0) return 0; const error = yield* classicPass(task, subs, range);',
      replace:
        'const error = get(arena, subs + Subscriptions.list) === 0 ? 0 : yield* classicPass(task, subs, range); if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN;',
    },
  ],
};
