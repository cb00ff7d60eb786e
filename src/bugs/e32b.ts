import type { Bug } from './bug.ts';

export const e32b: Bug = {
  id: 'E32b',
  title: 'every EXCLUSIVE event is passed over, whoever sent it',
  reference: 'window E32',
  kind: 'SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-EXCL', 'I-STALE', 'I-PERM', 'I-DATA'],
  scenario: 'two-exclusives',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (range.owner !== get(arena, mirror + Mirror.device)) return false;',
      replace:
        'if (range.event === MMU_NOTIFY_EXCLUSIVE) return true; if (range.owner !== get(arena, mirror + Mirror.device)) return false;',
    },
  ],
};
