import type { Bug } from './bug.ts';

export const g29: Bug = {
  id: 'G29',
  title: 'the interval is not kept in step with the mapping: it stays behind when the mapping moves',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-STALE', 'I-FREE'],
  scenario: 'mapped-after-mremap',
  edits: [{ module: 'drivers/dmirror/interval', find: 'start: 0, length: VPN_LIMIT,', replace: 'start: 512, length: 4,' }],
};
