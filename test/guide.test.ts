/** Random programs that are chosen by what the ones before have met. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programText } from '../src/programs/program.ts';
import { Guide, type Seen } from '../src/programs/random/guide.ts';

const can = { exclusive: true, atomics: true, memory: true, work: true };
const numbers = Array.from({ length: 200 }, (_, i) => i);

/** Points are numbers below 1000. */
const pairOf = (one: number, other: number): number => Math.min(one, other) * 1000 + Math.max(one, other);
const guideOf = (learns: boolean): Guide => new Guide(1, can, learns, pairOf);

/** As if an operation came by as many points as its name has letters, and each pair of two were met in one search. */
function seen({ columns }: ReturnType<Guide['program']>): Seen {
  const stood = columns.map(({ operations }) =>
    operations.flatMap(({ name }) => [...name].map((letter) => letter.charCodeAt(0))),
  );
  const pairs = stood.flatMap((ones, i) =>
    stood.slice(i + 1).flatMap((others) => ones.flatMap((one) => others.map((other) => pairOf(one, other)))),
  );
  return { pairs, stood };
}

function taught(learns: boolean): Guide {
  const guide = guideOf(learns);
  for (const number of numbers.slice(0, 40)) {
    const program = guide.program(number);
    guide.learn(program, [seen(program)]);
  }
  return guide;
}

test('a guide that does not learn draws the same programs, whatever came of them', () => {
  const [one, other] = [taught(false), guideOf(false)];
  for (const number of numbers) assert.equal(programText(one.program(number)), programText(other.program(number)));
});

test('the first program is the same; later ones promise more, and keep it', () => {
  assert.equal(programText(guideOf(true).program(0)), programText(guideOf(false).program(0)));
  const [learns, blind] = [taught(true), taught(false)];
  assert.ok(learns.pairs.size > blind.pairs.size, `${learns.pairs.size} pairs, ${blind.pairs.size} without learning`);
  assert.equal(programText(learns.program(100)), programText(taught(true).program(100)));
});

test('what was promised in vain counts less each time', () => {
  const guide = guideOf(true);
  const program = guide.program(0);
  const { stood } = seen(program);
  // Points, and no pair of them but one.
  assert.equal(guide.learn(program, [{ pairs: [1], stood }]), 1);
  const drawn = new Set(
    numbers.map((number) => {
      const next = guide.program(number);
      guide.learn(next, [{ pairs: [], stood: seen(next).stood }]);
      return next.columns.map(({ operations }) => operations.map(({ name }) => name).join(' ')).join('; ');
    }),
  );
  assert.ok(drawn.size > 100, `${drawn.size}`);
});
