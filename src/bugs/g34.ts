import type { Bug } from './bug.ts';

export const g34: Bug = {
  id: 'G34',
  title: 'close-without-waiting: a device is closed, and its mirror freed, while a CPU fault brings a page home through it',
  reference: 'window E45; the in-tree test driver',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF'],
  scenario: 'close-vs-cpu-touch',
  edits: [
    {
      module: 'drivers/dmirror/index',
      find: 'yield* closeMirror(task, mirror); yield* closeIntervals(task, mirror);',
      replace: 'yield* closeIntervals(task, mirror);',
    },
  ],
};
