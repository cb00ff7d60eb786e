/** Guards taken out of race windows of page faults and of walks over page tables. */
import type { Bug } from './bug.ts';

export const faultWindows: readonly Bug[] = [
  {
    id: 'E14',
    title: 'the reference on a device page is taken after the page-table lock was dropped',
    reference: 'window E14',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-REF', 'I-FREE', 'I-UAF', 'I-LOCK'],
    scenario: 'device-page-vs-dontneed',
    edits: [
      {
        module: 'mm/fault/softleaf',
        find: 'yield* getPage(task, pfn); yield* spinUnlock(task, ptl, LockClass.ptl);',
        replace: 'yield* spinUnlock(task, ptl, LockClass.ptl); yield* getPage(task, pfn);',
      },
    ],
  },
  {
    id: 'E15',
    title: 'the entry of a device page is not compared again under the page-table lock',
    reference: 'windows E15 and F19',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-REF', 'I-FREE', 'I-UAF', 'I-LOCK', 'I-CRASH'],
    scenario: 'device-page-vs-dontneed',
    edits: [
      {
        module: 'mm/fault/softleaf',
        find: 'if (get(arena, pte) !== orig) { yield* spinUnlock(task, ptl, LockClass.ptl); return 0; }',
        replace: '',
      },
    ],
  },
  {
    id: 'F04',
    title: 'a fault fills an entry without a second look under the page-table lock',
    reference: 'windows E9 and F4',
    kind: 'LU',
    threads: 2,
    preemptions: 1,
    oracles: ['I-REF', 'I-MAP', 'I-QUIET', 'I-DATA'],
    scenario: 'two-cpu-faults',
    edits: [{ module: 'mm/fault/anonymous', in: 'mapNewPage', find: 'isStillNone(task, fault)', replace: 'true' }],
  },
  {
    id: 'F10',
    title: 'a range fault reports the source of a migration that is under way',
    reference: 'window F10',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM', 'I-FREE', 'I-DATA'],
    scenario: 'two-devices',
    edits: [
      {
        module: 'hmm/cases',
        find: `
          if (isMigration(pte)) {
            walk.last = vpn;
            yield* migrationEntryWait(task, get(arena, mm + Mm.pgd), vpn);
            return -EBUSY;
          }`,
        replace: 'if (isMigration(pte)) { range.hmmPfns[at] = sticky | ptePfn(pte) | HMM_PFN_VALID; return 0; }',
      },
    ],
  },
  {
    id: 'F21',
    title: 'fork copies a migration entry with its write permission',
    reference: 'window F21',
    kind: 'SEC',
    threads: 2,
    preemptions: 1,
    oracles: ['I-ENTRY', 'I-MAP', 'I-PERM', 'I-ISO'],
    scenario: 'evict-vs-fork',
    edits: [
      {
        module: 'mm/syscalls/copyPageRange',
        find: 'const read = mkLeaf(LEAF_MIGRATION_READ, pfn, pteFlags(entry) & 0x3f);',
        replace: 'const read = entry;',
      },
    ],
  },
  {
    id: 'F22',
    title: 'a discard leaves migration entries alone',
    reference: 'window F22',
    kind: 'ERR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DATA'],
    scenario: 'migration-vs-dontneed',
    edits: [
      {
        module: 'mm/syscalls/zap',
        find: 'if (get(arena, word) === 0) continue;',
        replace: 'if (get(arena, word) === 0 || isMigration(get(arena, word))) continue;',
      },
    ],
  },
  {
    id: 'F23',
    title: 'mprotect leaves migration entries writable',
    reference: 'window F23',
    kind: 'SEC',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PERM'],
    scenario: 'evict-vs-mprotect',
    edits: [{ module: 'mm/syscalls/mprotect', find: 'kind === LEAF_MIGRATION_WRITE', replace: 'false' }],
  },
];
