/** A share of the programs that the tests compare: 2,000 in four files, so that no file takes long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';
import { programText } from './print.ts';

const PROGRAMS = 500;

export function agreeOn(seed: number): void {
  test(`${PROGRAMS} programs of seed ${seed}: the explorer and the reference agree`, async () => {
    const { disagreements, exhausted, clean, found } = await fuzz({ programs: PROGRAMS, seed, from: 0 });
    for (const { number, smaller, program } of disagreements) {
      assert.fail(
        `program ${number}: ${smaller}\n${programText(program)}\nnpm run fuzz -- --seed ${seed} --from ${number} --programs 1`,
      );
    }
    // Programs about nothing would agree as well.
    assert.ok(exhausted > 0.95 * PROGRAMS && clean > 0.25 * PROGRAMS, `${exhausted} were looked at, ${clean} are clean`);
    for (const name of ['X-0', 'X-E', 'I-LOCK', 'deadlock', 'livelock', 'starvation']) assert.ok((found[name] ?? 0) > 0, name);
  });
}
