import type { Control } from './bug.ts';

export const c3: Control = {
  id: 'C3',
  title: 'the callback invalidates a page more on both sides',
  reference: 'over-invalidation is allowed',
  scenario: 'device-range-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'yield* revoke(task, mirror, start, end); } yield* mutexUnlock',
      replace: 'yield* revoke(task, mirror, Math.max(0, start - 1), Math.min(end + 1, 2 ** 27)); } yield* mutexUnlock',
    },
  ],
};
