/** What tests of threads and checkpoints ask for: a search of all interleavings, which comes to its end. */
export const wholeSearch = {
  strategy: 'search',
  seconds: 300,
  schedules: 1e9,
  preemptions: Number.POSITIVE_INFINITY,
  seed: 1,
  settings: {},
};
