import type { Bug } from './bug.ts';

export const r41: Bug = {
  id: 'R41',
  title: 'exclusive-retry-leaks-lock: the retry branch keeps the page lock and the reference',
  reference: 'commit b3fefbb30a16 (nouveau), 2025',
  kind: 'LL, LEAK',
  threads: 2,
  preemptions: 1,
  oracles: ['I-LOCK', 'I-PROG', 'I-REF', 'I-DEAD'],
  scenario: 'exclusive-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/exclusive',
      find: 'const result = yield* program(task, mirror, sub, vpn, pfn, token);',
      replace: 'const result = yield* program(task, mirror, sub, vpn, pfn, token); if (result === -EBUSY) return result;',
    },
  ],
};
