import type { Bug } from './bug.ts';

export const m15: Bug = {
  id: 'M15',
  title: 'a page of a device that may not be mapped by another is mapped all the same',
  reference: 'mutation testing of the model',
  kind: 'SEC',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ISO'],
  scenario: 'foreign-device-page',
  edits: [
    {
      module: 'hmm/cases',
      find: 'if (isDevicePrivate(pte) && range.devPrivateOwner !== 0 && pgmapOwner(arena, ptePfn(pte)) === range.devPrivateOwner) {',
      replace: 'if (isDevicePrivate(pte)) {',
    },
  ],
};
