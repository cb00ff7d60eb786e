import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellEngine } from '../src/engines/cell/cellEngine.ts';
import type { Repetition } from '../src/engines/cell/cellTypes.ts';
import type { Cell } from '../src/engines/measure/cells.ts';
import type { Row } from '../src/engines/measure/row.ts';
import { repetitionSeed, runSweep, type SweepProgress } from '../src/engines/measure/runSweep.ts';
import { config, repetition, row } from './measured.ts';

const cellsOf = (count: number, repetitions: number): Cell[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    axes: { invalidations: index },
    config: config({ invalidations: index, repetitions }),
  }));

/** Which repetition a seed is of. */
const numberOf = (seed: number): number => Array.from({ length: 100 }, (_, i) => repetitionSeed(1, i)).indexOf(seed);

/** An engine that counts `invalidations`, and takes longer for what comes first. */
const engineOf = (make: (cell: number, i: number) => Partial<Repetition> | null): CellEngine & { runs: string[] } => {
  const runs: string[] = [];
  return {
    runs,
    async repeat({ invalidations }, seed) {
      const i = numberOf(seed);
      runs.push(`${invalidations}.${i}`);
      await sleep(Math.max(0, 12 - 3 * i - invalidations));
      const own = make(invalidations, i);
      return own === null ? null : repetition({ invalidations: 100 * invalidations + i, ...own });
    },
    objection: () => null,
  };
};

const nothing = { onProgress: () => {}, onRow: () => {}, signal: new AbortController().signal };

test('rows come in the order of the cells and are the same for any number of lanes', async () => {
  const cells = cellsOf(4, 3);
  const all: Row[][] = [];
  for (const lanes of [1, 2, 5, 40]) {
    const seen: number[] = [];
    const engine = engineOf(() => ({}));
    all.push(await runSweep(cells, new Map(), engine, { ...nothing, lanes, onRow: ({ cell }) => seen.push(cell) }));
    assert.equal(engine.runs.length, 12);
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3], 'each row is handed over once');
  }
  for (const rows of all) {
    assert.deepEqual(
      rows.map(({ cell }) => cell),
      [0, 1, 2, 3],
    );
    assert.deepEqual(rows, all[0]);
  }
  assert.equal(all[0]?.[2]?.invalidations?.done, (200 + 201 + 202) / 3);
});

test('each cell has the same seeds, and each repetition another', async () => {
  const engine = engineOf(() => ({}));
  await runSweep(cellsOf(2, 3), new Map(), engine, nothing);
  assert.deepEqual(engine.runs, ['0.0', '0.1', '0.2', '1.0', '1.1', '1.2']);
  assert.notEqual(repetitionSeed(1, 0), repetitionSeed(2, 0));
});

test('a cell ends at the first repetition that breaks a rule, also if a later one comes first', async () => {
  const violation = { rule: 'I-STALE', message: 'a stale entry', actor: 'faulter0' };
  const broken = (i: number): Repetition['violation'] => (i >= 1 ? { ...violation, message: `seen by ${i}` } : null);
  const all: Row[][] = [];
  for (const lanes of [1, 4]) {
    const engine = engineOf((cell, i) => ({ violation: cell === 0 ? broken(i) : null }));
    all.push(await runSweep(cellsOf(2, 4), new Map(), engine, { ...nothing, lanes }));
  }
  const [first, second] = all[0] as Row[];
  assert.deepEqual([first?.verdict, first?.why, first?.repetitions], ['violation', 'I-STALE, seen by faulter0: seen by 1', 2]);
  assert.equal(first?.attempts, null);
  assert.deepEqual([second?.verdict, second?.repetitions], ['ok', 4]);
  assert.deepEqual(all[1], all[0]);
});

test('what is there already is not run again', async () => {
  const engine = engineOf(() => ({}));
  const known = row(1, { invalidations: 1 });
  const rows = await runSweep(cellsOf(3, 1), new Map([[1, known]]), engine, nothing);
  assert.deepEqual(engine.runs, ['0.0', '2.0']);
  assert.equal(rows[1], known);
});

test('an interrupted sweep gives the rows of the cells that were done', async () => {
  const stop = new AbortController();
  const engine = engineOf((cell) => {
    if (cell === 2) stop.abort();
    return stop.signal.aborted ? null : {};
  });
  const rows = await runSweep(cellsOf(5, 2), new Map(), engine, { ...nothing, signal: stop.signal });
  assert.deepEqual(
    rows.map(({ cell }) => cell),
    [0, 1],
  );
  assert.deepEqual(engine.runs, ['0.0', '0.1', '1.0', '1.1', '2.0'], 'nothing is begun after the stop');
});

test('what the engine objects to is a row without numbers', async () => {
  const engine = { ...engineOf(() => ({})), objection: (all: readonly Repetition[]) => `${all.length} are too few` };
  const [only] = await runSweep(cellsOf(1, 2), new Map(), engine, nothing);
  assert.deepEqual([only?.verdict, only?.why, only?.attempts, only?.timeouts], ['invalid', '2 are too few', null, null]);
});

test('an error of the engine is that of the sweep', async () => {
  const engine: CellEngine = { repeat: () => Promise.reject(new Error('no thread')), objection: () => null };
  await assert.rejects(runSweep(cellsOf(2, 1), new Map(), engine, { ...nothing, lanes: 2 }), /no thread/);
});

test('progress says what is done, what is under way, and hands over each row', async () => {
  const heard: SweepProgress[] = [];
  const found = new Map([[0, row(0, { invalidations: 0 })]]);
  await runSweep(
    cellsOf(2, 2),
    found,
    engineOf(() => ({})),
    { ...nothing, onProgress: (progress) => heard.push(progress) },
  );
  assert.deepEqual(
    heard.map(({ done, total, skipped, cell, repetition: i, row: made }) => [done, total, skipped, cell?.index, i, made?.cell]),
    [
      [1, 2, 1, undefined, 0, undefined],
      [1, 2, 1, 1, 0, undefined],
      [1, 2, 1, 1, 1, undefined],
      [2, 2, 1, 1, 2, 1],
    ],
  );
});
