import type { Bug } from './bug.ts';

export const r05: Bug = {
  id: 'R05',
  title: 'range-valid-aba: a flag "being invalidated now" instead of a sequence that never returns to an old value',
  reference: 'hmm_range.valid, until late 2019',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-munmap',
  edits: [
    {
      module: 'notifier/sequence',
      find: 'export function mmuIntervalReadRetry(task, sub, token) { return load(task.arena, sub + IntervalSub.invalidateSeq) !== token; }',
      replace: `export function mmuIntervalReadRetry(task, sub, token) {
        const subs = subscriptionsOf(task, mmOf(task, sub));
        return load(task.arena, sub + IntervalSub.invalidateSeq) === load(task.arena, subs + Subscriptions.invalidateSeq);
      }`,
    },
    {
      module: 'notifier/sequence',
      find: 'export function mmuIntervalCheckRetry(task, sub, token) { return load(task.arena, sub + IntervalSub.invalidateSeq) !== token; }',
      replace: `export function mmuIntervalCheckRetry(task, sub, token) { return mmuIntervalReadRetry(task, sub, token); }`,
    },
  ],
};
