/** A share of the programs that the tests compare: 2,000 in four files, most of them in the long ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';
import { programText } from './print.ts';

export function agreeOn(seed: number, programs: number): void {
  test(`${programs} programs of seed ${seed}: the explorer and the reference agree`, async () => {
    const { disagreements, exhausted, clean, found } = await fuzz({ programs, seed, from: 0 });
    for (const { number, smaller, program } of disagreements) {
      assert.fail(
        `program ${number}: ${smaller}\n${programText(program)}\nnpm run fuzz -- --seed ${seed} --from ${number} --programs 1`,
      );
    }
    // Programs about nothing would agree as well.
    assert.ok(exhausted > 0.95 * programs && clean > 0.25 * programs, `${exhausted} were looked at, ${clean} are clean`);
    for (const name of ['X-0', 'X-E', 'I-LOCK', 'deadlock', 'livelock', 'starvation']) assert.ok((found[name] ?? 0) > 0, name);
  });
}
