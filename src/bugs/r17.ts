import type { Bug } from './bug.ts';

export const r17: Bug = {
  id: 'R17',
  title: 'request-lost-on-retry: the word is overwritten before an internal restart',
  reference: 'mm/hmm, 2019',
  kind: 'ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT'],
  scenario: 'request-vs-dontneed',
  edits: [
    {
      module: 'hmm/walk',
      find: 'if (pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || leafKind(pte) === LEAF_SWAP) return pend(walk, vpn, end, need);',
      replace:
        'range.hmmPfns[at] = sticky; if (pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || leafKind(pte) === LEAF_SWAP) return pend(walk, vpn, end, need);',
    },
  ],
};
