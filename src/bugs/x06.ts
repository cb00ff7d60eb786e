import type { Bug } from './bug.ts';

export const x06: Bug = {
  id: 'X06',
  title: 'range-tug-of-war: two devices want the same range whole, and send it home from each other before either has bound it',
  reference: 'xe, 0620837490e0',
  kind: 'LL',
  threads: 2,
  preemptions: 2,
  oracles: ['I-PROG'],
  scenario: 'two-devices-want-a-range',
  edits: [
    {
      module: 'drivers/gpusvm/fault',
      find: 'if (optionIs(arena, mirror, Is.migrateDevmemOn)) yield* migrateRange(task, mirror, sub, at, stop);',
      replace: '',
    },
    {
      module: 'drivers/gpusvm/fault',
      find: 'const gotten = yield* getPages(task, mirror, range);',
      replace:
        'if (optionIs(task.arena, mirror, Is.migrateDevmemOn)) yield* migrateRange(task, mirror, range.notifier, range.start, range.end); const gotten = yield* getPages(task, mirror, range);',
    },
    {
      module: 'drivers/gpusvm/migrate',
      find: 'yield* devmemLock(task); yield* rangeEvict(task, mirror, sub, start, end); result = yield* migrateOnce(task, mirror, start, end); yield* devmemUnlock(task);',
      replace:
        'yield* devmemLockShared(task); yield* rangeEvict(task, mirror, sub, start, end); result = yield* migrateOnce(task, mirror, start, end); yield* devmemUnlockShared(task);',
    },
  ],
};
