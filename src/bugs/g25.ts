import type { Bug } from './bug.ts';

export const g25: Bug = {
  id: 'G25',
  title: 'a start that must not wait refuses after it has counted itself, and nobody takes the count back',
  reference: 'driver mistake',
  kind: 'LL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR'],
  scenario: 'oom-vs-two-notifiers',
  edits: [
    {
      module: 'scenarios/windows/classic',
      find: 'add(task.arena, COUNT, 1); return 0;',
      replace:
        'add(task.arena, COUNT, 1); if (!range.blockable && !(yield* mutexTryLock(task, LOCK, LockClass.updateLock))) return -EAGAIN; if (!range.blockable) yield* mutexUnlock(task, LOCK, LockClass.updateLock); return 0;',
    },
    {
      module: 'scenarios/windows/classic',
      find: 'const counting = { *invalidateRangeStart(task) {',
      replace: 'const counting = { *invalidateRangeStart(task, _sub, range) {',
    },
  ],
};
