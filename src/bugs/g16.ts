import type { Bug } from './bug.ts';

export const g16: Bug = {
  id: 'G16',
  title: 'every MIGRATE event is passed over, whoever sent it',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-STALE', 'I-FREE', 'I-DATA'],
  scenario: 'two-devices',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (range.owner !== get(arena, mirror + Mirror.device)) return false; if (range.event === MMU_NOTIFY_MIGRATE) return optionIs(arena, mirror, Is.ownMigrateIgnoreWithoutSeq);',
      replace:
        'if (range.event === MMU_NOTIFY_MIGRATE) return true; if (range.owner !== get(arena, mirror + Mirror.device)) return false;',
    },
  ],
};
