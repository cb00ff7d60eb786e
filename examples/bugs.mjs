/**
 * Changes of the model: a bug, and a control, which looks like one and is none.
 *
 *     npx hmm-lab explore --bug examples/bugs.mjs#HALF
 *     npx hmm-lab hunt --bug examples/bugs.mjs
 *
 * The code to find is that of the built module (dist/stepped/src/drivers/dmirror/invalidate.js).
 */

const module = 'drivers/dmirror/invalidate';
const within = 'invalidate';

/** @type {import('hmm-lab').Bug} */
const half = {
  id: 'HALF',
  title: 'the callback revokes only the first half of what is invalidated',
  reference: 'an example of docs/corpus.md',
  kind: 'SDM',
  threads: 2,
  preemptions: 0,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-range-vs-dontneed',
  edits: [
    {
      module,
      in: within,
      find: 'yield* revoke(task, mirror, start, end);',
      replace: 'yield* revoke(task, mirror, start, start + Math.floor((end - start) / 2));',
    },
  ],
};

/** @type {import('hmm-lab').Mutation} */
const twice = {
  id: 'TWICE',
  title: 'the callback revokes what is invalidated twice',
  reference: 'an example of docs/corpus.md',
  scenario: 'device-range-vs-dontneed',
  edits: [
    {
      module,
      in: within,
      find: 'yield* revoke(task, mirror, start, end);',
      replace: `
        yield* revoke(task, mirror, start, end);
        yield Point.driverInvalidate;
        yield* revoke(task, mirror, start, end);`,
    },
  ],
};

export default [half, twice];
