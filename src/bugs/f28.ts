import type { Bug } from './bug.ts';

export const f28: Bug = {
  id: 'F28',
  title: 'make_device_exclusive does not look again under the page-table lock',
  reference: 'window F28',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-MAP', 'I-REF', 'I-ENTRY', 'I-STALE', 'I-EXCL', 'I-FREE', 'I-PROG'],
  scenario: 'exclusive-vs-dontneed',
  edits: [
    {
      module: 'migrate/exclusive',
      find: 'const same = ptePresent(pte) && pteWrite(pte) && ptePfn(pte) === pfn;',
      replace: 'const same = true;',
    },
  ],
};
