import type { Bug } from './bug.ts';

export const r66: Bug = {
  id: 'R66',
  title: 'chunk-start-wrong: a large request is cut in pieces, and only the first one is done',
  reference: 'commit 66cee9097e2b (nouveau), 2022',
  kind: 'ERR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-OUT'],
  scenario: 'fault-of-four-pages',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'result = yield* faultWindow(task, mirror, sub, at, stop, write, retry, once);',
      replace: 'result = yield* faultWindow(task, mirror, sub, start, Math.min(start + window, end), write, retry, once);',
    },
  ],
};
