import type { Bug } from './bug.ts';

export const e32: Bug = {
  id: 'E32',
  title: 'the own EXCLUSIVE event is not passed over',
  reference: 'window E32',
  kind: 'LL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PROG'],
  scenario: 'exclusive-alone',
  edits: [
    { module: 'drivers/dmirror/invalidate', find: 'return range.event === MMU_NOTIFY_EXCLUSIVE;', replace: 'return false;' },
  ],
};
