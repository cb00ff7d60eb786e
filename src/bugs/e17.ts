import type { Bug } from './bug.ts';

export const e17: Bug = {
  id: 'E17',
  title: 'the first subscription does not take the rmap locks',
  reference: 'window E17',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR', 'I-SEQ'],
  scenario: 'register-vs-evict',
  edits: [
    {
      module: 'notifier/register',
      find: 'for (const anonVma of taken) yield* downWrite(task, anonVma + AnonVma.lock, LockClass.anonVma);',
      replace: '',
      imports: { Point: 'steps/points' },
    },
    {
      module: 'notifier/register',
      find: 'for (let i = taken.length - 1; i >= 0; i--) yield* upWrite(task, taken[i] + AnonVma.lock, LockClass.anonVma);',
      replace: 'yield Point.anonVmaPrepare;',
    },
  ],
};
