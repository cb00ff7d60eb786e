import type { Bug } from './bug.ts';

export const r80: Bug = {
  id: 'R80',
  title: 'fault-page-not-named: a migration home does not name the page of the fault, finds one reference too many, and gives up',
  reference: 'nouveau, 97061d441110',
  kind: 'LL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PROG'],
  scenario: 'failed-copy-home',
  edits: [{ module: 'drivers/dmirror/toSystem', find: 'faultPage: fault.page,', replace: 'faultPage: 0,' }],
};
