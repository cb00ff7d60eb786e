import type { Control } from './bug.ts';

export const c2: Control = {
  id: 'C2',
  title: 'read-retry says "again" without a reason, once',
  reference: 'spurious retries are allowed',
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'const mark = observed(); for (;;) {',
      replace: 'yield* pass(task, mirror, range, write); const mark = observed(); for (;;) {',
    },
  ],
};
