/** Random programs that several threads search together: they find what one thread finds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programAt } from './fuzz.ts';
import { programText } from './print.ts';
import { compareTogether, Lanes } from './together.ts';

export function agreeTogether(threads: number, seed: number, programs: number): void {
  test(`${programs} programs of seed ${seed}: ${threads} threads find what one finds`, async () => {
    await using lanes = new Lanes(threads);
    let compared = 0;
    for (let number = 0; number < programs; number++) {
      const program = programAt(seed, number);
      const disagreement = await compareTogether(program, lanes, number % 2 === 0).catch((error: Error) => error.message);
      assert.equal(disagreement ?? null, null, `program ${number}: ${disagreement}\n${programText(program)}`);
      if (disagreement === null) compared++;
    }
    assert.ok(compared > 0.95 * programs, `${compared} were compared`);
  });
}
