/**
 * Which guard removes which defect of the in-tree test driver: the table that was measured on a real Linux 6.1, cell by cell.
 * A cell of the table is an exploration: it must find the defect where the kernel showed it, and must not, with the bound that is
 * stated, where the kernel did not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from '../../src/engines/explore/explore.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';

/** Bits of a mask, as in the table of the real kernel. */
const settingsOf = (guards: number) => ({
  ownMigrate: guards & 1 ? 'setSeq' : 'ignoreWithoutSeq',
  revokeSource: guards & 2 ? 'on' : 'off',
  foreignCounter: guards & 4 ? 'on' : 'off',
  lockOnReturn: guards & 8 ? 'on' : 'off',
  waitAfterSample: guards & 16 ? 'on' : 'off',
});

/** Defect, scenario, and the preemptions within which every interleaving is covered where it must not show. */
const defects = [
  ['B-1', 'device-write-vs-migration', 2],
  ['B-2', 'fault-pass-vs-migration', 2],
  ['B-3', 'own-pfn-reused', 1],
  ['B-5', 'migration-vs-dontneed-under-way', 2],
  ['B-4', 'device-write-vs-cpu-touch', 2],
] as const;

/** Rows: guards, and for B-1, B-2, B-3, B-5, B-4 whether the defect showed; a dash where the kernel was not asked. */
const rows: readonly (readonly [number, string])[] = [
  [0, 'yes yes yes yes yes'],
  [1, 'yes no no yes yes'],
  [2, 'no yes yes yes yes'],
  [3, 'no no no yes yes'],
  [4, '- - - yes yes'],
  [8, '- - - yes no'],
  [15, 'no no no yes no'],
  [31, 'no no no no no'],
];

for (const [guards, row] of rows) {
  test(`guards ${guards}: ${row}`, () => {
    for (const [i, shows] of row.split(' ').entries()) {
      const [defect, name, preemptions] = defects[i] as (typeof defects)[number];
      if (shows === '-') continue;
      const settings = settingsOf(guards);
      const limits = { seconds: 60, schedules: 10_000_000, preemptions, seed: 1 };
      const result = explore(scenarioNamed(name, settings), { strategy: 'search', settings, ...limits });
      const wanted = shows === 'yes' ? ['violation'] : ['bounded', 'proved'];
      assert.ok(wanted.includes(result.verdict), `${defect}: ${result.verdict}, ${result.basis}, ${result.failure?.message}`);
    }
  });
}
