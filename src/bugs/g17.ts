import type { Bug } from './bug.ts';

export const g17: Bug = {
  id: 'G17',
  title: 'the own MIGRATE event is skipped for system pages, and nothing else revokes them before the copy',
  reference: 'dmirror and nouveau, to the device',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DATA', 'I-LOST', 'I-FREE'],
  scenario: 'device-write-vs-migration',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'if (optionIs(task.arena, mirror, Is.revokeSourceOn)) yield* revokeSources(task, mirror, migrate);',
      replace: '',
    },
  ],
};
