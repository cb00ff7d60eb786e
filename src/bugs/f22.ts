import type { Bug } from './bug.ts';

export const f22: Bug = {
  id: 'F22',
  title: 'a discard leaves migration entries alone',
  reference: 'window F22',
  kind: 'ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DATA'],
  scenario: 'migration-vs-dontneed',
  edits: [
    {
      module: 'mm/syscalls/zap',
      find: 'if (get(arena, word) === 0) continue;',
      replace: 'if (get(arena, word) === 0 || isMigration(get(arena, word))) continue;',
    },
  ],
};
