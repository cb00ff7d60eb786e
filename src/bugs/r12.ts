import type { Bug } from './bug.ts';

export const r12: Bug = {
  id: 'R12',
  title: 'silent-zap: entries are removed without an invalidation',
  reference: 'CVE-2022-48991, khugepaged',
  kind: 'SDM, SEC',
  threads: 2,
  preemptions: 0,
  oracles: ['I-STALE', 'I-FREE'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'mm/syscalls/zap',
      find: 'yield* mmuNotifierInvalidateRangeStart(task, range); yield* zapRange(task, mm, start, end); yield* mmuNotifierInvalidateRangeEnd(task, range);',
      replace: 'yield* zapRange(task, mm, range.start, range.end);',
    },
  ],
};
