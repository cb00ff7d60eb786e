import type { Bug } from './bug.ts';

export const f05: Bug = {
  id: 'F05',
  title: 'collect waits for page locks instead of trying',
  reference: 'window F5',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-LOCK', 'I-DEAD'],
  scenario: 'migration-vs-dontneed',
  edits: [
    {
      module: 'migrate/collectTable',
      find: 'if (!locked && !(yield* trylockPage(task, pfn))) { yield* putPage(task, pfn); return 0; }',
      replace: 'if (!locked) yield* lockPage(task, pfn);',
      imports: { lockPage: 'mm/page/pageLock' },
    },
  ],
};
