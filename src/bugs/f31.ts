import type { Bug } from './bug.ts';

export const f31: Bug = {
  id: 'F31',
  title: 'a token for each piece of a request, of which only the last is checked',
  reference: 'window F31, amdgpu of Linux 7.0',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE'],
  scenario: 'device-range-vs-dontneed@amdgpu-userptr',
  settings: { sequence: 'piece' },
  edits: [],
};
