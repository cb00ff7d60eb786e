import type { Control } from './bug.ts';

export const c1: Control = {
  id: 'C1',
  title: 'the sequence is set before the lock is taken',
  reference: 'fine in a sequentially consistent world',
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'const updateLock = mirror + Mirror.updateLock; if (range.blockable)',
      replace:
        'const updateLock = mirror + Mirror.updateLock; mmuIntervalSetSeq(task, sub, curSeq); yield Point.driverSeqSet; if (range.blockable)',
    },
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);',
      replace: '',
    },
  ],
};
