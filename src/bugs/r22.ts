import type { Bug } from './bug.ts';

export const r22: Bug = {
  id: 'R22',
  title: 'foreign-private-returned: the private page of another device is handed to the caller',
  reference: 'commit 08ddddda667b, 2020',
  kind: 'SEC, SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ISO', 'I-OUT'],
  scenario: 'foreign-device-page',
  edits: [
    {
      module: 'hmm/cases',
      find: 'if (isDevicePrivate(pte) && range.devPrivateOwner !== 0 && pgmapOwner(arena, ptePfn(pte)) === range.devPrivateOwner) {',
      replace: 'if (isDevicePrivate(pte)) {',
    },
  ],
};
