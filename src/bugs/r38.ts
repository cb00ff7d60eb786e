import type { Bug } from './bug.ts';

export const r38: Bug = {
  id: 'R38',
  title: 'unbind-without-evict: device memory is taken away while a process still maps it',
  reference: 'commit 249881232e14 (nouveau), 2022',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-DEAD'],
  scenario: 'close-and-unbind',
  edits: [
    {
      module: 'drivers/dmirror/index',
      find: 'if (get(task.arena, mirror + Mirror.pgmap) !== 0) yield* evict(task, mirror);',
      replace: '',
    },
  ],
};
