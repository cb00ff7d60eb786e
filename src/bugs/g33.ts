import type { Bug } from './bug.ts';

export const g33: Bug = {
  id: 'G33',
  title: 'the subscription is made after the pages were looked up',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE'],
  scenario: 'device-fault-vs-dontneed@nouveau',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'if (result !== 0) { if (result === -EBUSY) count(task, Counter.rangeBusy); return result; } yield Point.driverSnapshot;',
      replace:
        'if (result !== 0) { if (result === -EBUSY) count(task, Counter.rangeBusy); return result; } yield Point.driverSnapshot; { const late = yield* intervalAt(task, mirror, range.start); range.notifierSeq = yield* mmuIntervalReadBegin(task, late); set(arena, notifier + IntervalSub.invalidateSeq, range.notifierSeq); yield* intervalDone(task, mirror, late); }',
      imports: { set: 'arena/access', IntervalSub: 'arena/structures' },
    },
  ],
};
