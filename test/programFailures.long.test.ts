/** A failure of a program is a program with a schedule, which shows it again; what is left at the end is one, too. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { explore } from '../src/library/explore.ts';
import { matrix } from '../src/library/matrix.ts';
import { prove } from '../src/library/prove.ts';
import { parseProgram } from '../src/programs/program.ts';

const PROGRAM = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dread 0 0 1 | cr 0 1; B: munmap 0 1';
const driver = 'dmirror:retryCheck=none';

test('explore follows the schedule of a failure that it has printed', async () => {
  const { failure } = await explore({ scenario: PROGRAM, driver });
  assert.equal(failure?.oracle, 'I-STALE');
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-program-'));
  try {
    const scenario = join(folder, 'race.hmm');
    writeFileSync(scenario, failure?.program ?? '');
    const again = await explore({ scenario, driver });
    assert.equal(again.failure?.oracle, 'I-STALE');
    assert.equal(again.schedules, 1);
    // What comes after the failure is no part of it.
    assert.deepEqual(
      parseProgram(failure?.program ?? '').columns.map(({ operations }) => operations.length),
      [1, 1],
    );
    // The driver as it is does not go that way, and is proved when nobody asks for one way.
    await assert.rejects(explore({ scenario }), /the schedule cannot be followed to A@setPte/);
    assert.equal((await prove({ scenarios: [scenario] })).verdict, 'proved');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('prove and matrix say it of their failures', async () => {
  const { scenarios } = await prove({ scenarios: [PROGRAM], driver });
  assert.match(scenarios[0]?.failure?.program ?? '', /^given open .*\nschedule \S+@/s);
  const { cells } = await matrix({ states: ['written'], operations: ['deviceRead'], driver, seconds: 5 });
  const broken = cells.filter(({ verdict }) => verdict === 'violation');
  assert.ok(broken.length > 0);
  for (const { failure } of broken) assert.match(failure?.program ?? '', /\nschedule \S+@/);
});

/** Two faults make an anon_vma each for their VMA, and the one that comes second keeps its own for ever. */
const kept = {
  id: 'kept-anon-vma',
  title: 'the anon_vma of who came second is not freed',
  reference: 'anon_vma_prepare',
  scenario: 'mini-hmm',
  edits: [
    { module: 'mm/rmap/rmap', find: 'if (!isFirst && near === 0) poolFree(arena, arena.pools.anonVma, anonVma);', replace: '' },
  ],
};

test('what is lost, and nobody misses, is seen when everything has ended', async () => {
  const scenario = 'given mmap 0 2 rw anon; A: cw 0 1 8; B: cw 1 1 9';
  const { failure } = await explore({ scenario, bug: kept });
  assert.equal(failure?.oracle, 'I-QUIET');
  assert.equal(failure?.message, '1 anonVma objects are left');
  assert.equal((await explore({ scenario })).verdict, 'proved');
});
