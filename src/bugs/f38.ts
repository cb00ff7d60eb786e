import type { Bug } from './bug.ts';

export const f38: Bug = {
  id: 'F38',
  title: 'devices share one owner, and so pass over the events of each other',
  reference: 'window F38',
  kind: 'SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-STALE', 'I-FREE', 'I-DATA'],
  scenario: 'two-devices',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (range.owner !== get(arena, mirror + Mirror.device)) return false;',
      replace: 'if (range.owner === 0) return false;',
    },
    {
      module: 'drivers/dmirror/invalidate',
      find: 'const own = range.event === MMU_NOTIFY_MIGRATE && range.owner === get(arena, mirror + Mirror.device);',
      replace: 'const own = range.event === MMU_NOTIFY_MIGRATE && range.owner !== 0;',
    },
  ],
};
