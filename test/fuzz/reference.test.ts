/** The naive explorer says what is known of programs that can be thought through by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actors, Instruction, Program } from './program.ts';
import { reference } from './reference.ts';

const MOST = 100_000;

/** Everything with a point before it, but for locks, which have their own. */
type Short = Instruction extends infer One ? (One extends Instruction ? Omit<One, 'point'> : never) : never;
const withPoint = (one: Short): Instruction =>
  ({ ...one, point: !['lock', 'unlock', 'loop', 'if'].includes(one.do) }) as Instruction;
const does = (...body: Short[]): Actors => ({ operations: [body.map(withPoint)], background: false, copies: 1 });
const program = (...actors: Actors[]): Program => ({ words: [0, 0, 0, 0], actors, checks: [] });
const truth = (...actors: Actors[]) => reference(program(...actors), MOST);

const finals = (found: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));

test('two steps that do nothing have four states, and a thousand have a thousand and one', () => {
  assert.equal(truth(does({ do: 'pad', steps: 1 }), does({ do: 'pad', steps: 1 })).states, 9);
  assert.equal(truth(does({ do: 'pad', steps: 1000 })).states, 1002);
});

test('two additions in two steps each lose one with one preemption', () => {
  const adds = does(
    { do: 'load', word: 0, to: 0 },
    { do: 'if', from: 0, value: 0, body: [{ do: 'store', word: 0, value: 1, point: true }] },
    {
      do: 'if',
      from: 0,
      value: 1,
      body: [{ do: 'store', word: 0, value: 2, point: true }],
    },
  );
  const { rules, finals: found, exhausted } = truth({ ...adds, copies: 2 });
  assert.ok(exhausted);
  assert.equal(rules.size, 0);
  assert.deepEqual(finals(found), { '1 0 0 0': 1, '2 0 0 0': 0 });
});

test('two mutexes in two orders: a deadlock with one preemption; under a third lock there is none', () => {
  const both = (one: number, other: number): Short[] => [
    { do: 'lock', lock: one },
    { do: 'lock', lock: other },
    { do: 'unlock', lock: other },
    { do: 'unlock', lock: one },
  ];
  const { rules, kinds } = truth(does(...both(1, 2)), does(...both(2, 1)));
  assert.deepEqual([...rules], [['I-DEAD', 1]]);
  assert.deepEqual([...kinds], ['deadlock']);
  assert.deepEqual([...truth(does(...both(1, 2)), does(...both(1, 2))).rules], []);
});

test('a mutex under a spin lock breaks a rule at once', () => {
  assert.deepEqual([...truth(does({ do: 'lock', lock: 0 }, { do: 'lock', lock: 1 })).rules], [['I-LOCK', 0]]);
});

test('a wake-up that is not made is lost, a change that nobody makes is a deadlock', () => {
  const waits = does({ do: 'waitWhile', word: 0, value: 0 });
  const lost = truth(waits, does({ do: 'store', word: 0, value: 1 }));
  assert.deepEqual([[...lost.rules], [...lost.kinds]], [[['I-DEAD', 0]], ['lost wake-up']]);
  assert.deepEqual([...truth(waits, does({ do: 'store', word: 1, value: 1 })).kinds], ['deadlock']);
  assert.deepEqual([...truth(waits, does({ do: 'store', word: 0, value: 1 }, { do: 'wake', word: 0 })).rules], []);
});

const look: Instruction = { do: 'load', word: 0, to: 0, point: true };
const poll = (...body: Instruction[]): Short => ({ do: 'loop', from: 0, value: 0, most: 0, forget: true, body });

test('who polls for what nobody does goes round for ever; for what somebody does, not', () => {
  const never = truth(does(poll(look)));
  assert.deepEqual([[...never.rules.keys()], [...never.kinds]], [['I-PROG'], ['livelock']]);
  assert.equal(truth(does(poll(look)), does({ do: 'store', word: 0, value: 1 })).rules.size, 0);
});

test('a lock that is asked for is got in the end, a lock that is only tried is not', () => {
  const locks = (one: Instruction['do']): Instruction => ({ do: one, lock: 1, point: false }) as Instruction;
  const poller = does(poll(locks('lock'), look, locks('unlock')));
  const setter = does({ do: 'lock', lock: 1 }, { do: 'store', word: 0, value: 1 }, { do: 'unlock', lock: 1 });
  assert.equal(truth(poller, setter).rules.size, 0);
  const tries = does(poll({ do: 'try', lock: 1, to: 0, point: false }), { do: 'unlock', lock: 1 });
  const user = { ...does({ do: 'lock', lock: 1 }, { do: 'unlock', lock: 1 }), background: true };
  const starved = truth(tries, user);
  assert.deepEqual([[...starved.rules.keys()], [...starved.kinds]], [['I-PROG'], ['starvation']]);
});

test('who repeats its operations stops when the others have', () => {
  const { rules, finals: found } = truth(
    { ...does({ do: 'xchg', word: 0, value: 1, to: 0 }), background: true },
    does({ do: 'pad', steps: 1 }),
  );
  assert.equal(rules.size, 0);
  assert.deepEqual(finals(found), { '0 0 0 0': 0, '1 0 0 0': 1 });
});
