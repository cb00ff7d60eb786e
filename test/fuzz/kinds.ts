/** Programs on which the explorer and the reference once did not agree, each for a kind of mistake. */
import type { Actors, EndCheck, Instruction, Program } from './program.ts';

type Short = Instruction extends infer One ? (One extends Instruction ? Omit<One, 'point'> : never) : never;

/** With a point before it, and without. */
const at = (one: Short): Instruction => ({ ...one, point: true }) as Instruction;
const on = (one: Short): Instruction => ({ ...one, point: false }) as Instruction;

const does = (...operations: Instruction[][]): Actors => ({ operations, background: false, copies: 1 });
const inBackground = (...operations: Instruction[][]): Actors => ({ ...does(...operations), background: true });
const twins = (...operations: Instruction[][]): Actors => ({ ...does(...operations), copies: 2 });

const load = (word: number, to = 0): Short => ({ do: 'load', word, to });
const store = (word: number, value: number): Short => ({ do: 'store', word, value });
const check = (value: number, rule: string): Short => ({ do: 'check', from: 0, value, rule });
const poll = (...body: Instruction[]): Instruction =>
  on({ do: 'loop', from: 0, value: 0, most: 0, forget: true, body: [at(load(0)), ...body] });
const reads = [on({ do: 'downRead' }), on({ do: 'upRead' })];
const writes = [on({ do: 'downWrite' }), on({ do: 'upWrite' })];
const holds = (lock: number, ...body: Instruction[]): Instruction[] => [
  on({ do: 'lock', lock }),
  ...body,
  on({ do: 'unlock', lock }),
];

const counts = (actor: number, value: number): EndCheck => ({ of: 'counter', actor, place: 0, value, rule: 'X-E' });

/** Of each kind the actors; words are 0 at first. */
const actorsOf: Readonly<Record<string, readonly Actors[]>> = {
  'a round that is entered in its middle': [
    does([at({ do: 'put', word: 3, from: 1 }), at(load(0)), on({ do: 'again', from: 0, value: 0 })]),
  ],
  'a round of one in the background, while another waits for good': [
    does([at({ do: 'waitUntil', word: 0, mask: -1, value: 0 })]),
    inBackground([at({ do: 'downRead' }), at(store(0, 1)), on({ do: 'wake', word: 0 }), on({ do: 'upRead' })]),
  ],
  'a wake-up before a first point': [does([on(store(0, 1)), on({ do: 'wake', word: 0 }), at(store(0, 0))]), does([poll()])],
  'a rule that is broken before a first point': [
    does([at({ do: 'lock', lock: 0 })]),
    does([on(load(2)), on(check(0, 'X-0')), at(load(0))]),
  ],
  'a check that is asked for before a first point': [
    does([on(store(0, 2)), on({ do: 'watch', word: 0, value: 2, rule: 'X-0' }), at(load(0))]),
    does([at(load(0))]),
  ],
  'one that fails when it is alone, unless another one comes first': [
    does([on({ do: 'pad', steps: 1 }), at(store(0, 1))]),
    does([at(load(1, 1)), at(load(0)), on(check(0, 'X-0'))]),
  ],
  'one of several others that ends what another one waits for': [
    does([at(store(0, 1))]),
    does([at(store(1, 1))]),
    does([at({ do: 'waitUntil', word: 1, mask: -1, value: 1 }), on(load(0)), on(check(0, 'X-0'))]),
  ],
  'a semaphore that changes while somebody waits, and never is released': [
    twins([on({ do: 'downWrite' }), on({ do: 'waitUntil', word: 1, mask: -1, value: 1 }), on({ do: 'upWrite' })]),
    does(writes, holds(0)),
  ],
  'one that waits for itself, and another one that nobody wakes': [
    does([at({ do: 'waitWhile', word: 0, value: 0 })]),
    does([on({ do: 'downRead' }), ...writes, on({ do: 'upRead' })]),
    does([at({ do: 'increase', word: 0, value: 1 })]),
  ],
  'one that takes locks in the wrong order, put off by another one that goes round': [
    does(holds(1, ...holds(4)), [poll()]),
    does(holds(5, ...holds(2))),
  ],
  'a lock that one in the background takes again and again': [inBackground([at(load(1)), ...writes]), does(writes, holds(0))],
  'one of like actors that looks at its own record by its number': [
    does([on(load(0))]),
    twins(
      [
        at(load(1)),
        on({ do: 'if', from: 0, value: 0, body: [on({ do: 'count', counter: 0 })] }),
        on({
          do: 'if',
          from: 0,
          value: 2,
          body: [at({ do: 'counted', actor: 2, counter: 0, to: 0 }), on({ do: 'put', word: 0, from: 0 })],
        }),
        at({ do: 'add', word: 0, value: 1, to: 0 }),
      ],
      [
        on({ do: 'cas', word: 1, expected: 0, value: 2, to: 0 }),
        at(load(0)),
        on({ do: 'if', from: 0, value: 0, body: [on({ do: 'count', counter: 0 })] }),
      ],
    ),
  ],
  'a lock whose taker breaks a rule in the very same step': [
    { ...twins(holds(2)), background: true },
    twins([on({ do: 'lock', lock: 2 }), on(load(0))], [poll()]),
  ],
  'a poll under a lock': [does([poll(...holds(1))]), does(holds(1, on(store(0, 1)))), inBackground([at(load(1)), ...holds(1)])],
  'a word by its own number': [
    twins(
      [at({ do: 'slot', value: 0 }), at({ do: 'add', word: 0, value: 1, to: 0 })],
      [at({ do: 'cas', word: 0, expected: 0, value: 0, to: 0 })],
    ),
  ],
  'like actors, and a third that looks at their records': [
    twins([at({ do: 'window', value: 1 }), at({ do: 'window', value: 0 }), on(store(0, 1))]),
    does([at(load(0)), on({ do: 'if', from: 0, value: 0, body: [on({ do: 'peek', actor: 1, to: 0 }), on(check(1, 'X-0'))] })]),
  ],
  'what is kept from one operation to the next': [
    does([at(load(0)), on({ do: 'keep', place: 0, from: 0 })], [at({ do: 'recall', place: 0, to: 0 }), on(check(1, 'X-0'))]),
    does([at(store(0, 1)), at(store(0, 0))]),
  ],
  'one in the background that takes its operations up again while the last of the others ends': [
    does([at(store(2, 0))], [poll()]),
    inBackground([
      at({ do: 'loop', from: 0, value: 0, most: 3, forget: false, body: [at(load(0))] }),
      at(store(0, 1)),
      at(store(2, 1)),
    ]),
  ],
  'a waiter that is woken in vain, any number of times': [
    inBackground([at(load(0)), on({ do: 'downWrite' }), on({ do: 'downgrade' }), on({ do: 'upRead' })]),
    does([on({ do: 'downWrite' }), at(load(1)), on({ do: 'upWrite' })], reads),
    does([at(load(1))]),
  ],
  'a livelock with a shorter round in it than the one that is found first': [
    twins([
      at({ do: 'lock', lock: 0 }),
      on({ do: 'unlock', lock: 0 }),
      at(store(0, 1)),
      on({ do: 'wake', word: 0 }),
      on(load(0)),
      on({ do: 'again', from: 0, value: 1 }),
    ]),
    does([
      at({ do: 'try', lock: 0, to: 0 }),
      on({ do: 'if', from: 0, value: 1, body: [on({ do: 'unlock', lock: 0 })] }),
      at(load(0)),
      on({ do: 'again', from: 0, value: 0 }),
    ]),
  ],
  'an operation that is longer than any patience': [
    does([at({ do: 'pad', steps: 700 }), on(store(0, 1))]),
    does([at(load(0)), on(check(1, 'X-0'))]),
  ],
};

const adds = on({ do: 'if', from: 0, value: 1, body: [at({ do: 'add', word: 0, value: 2, to: 0 })] });

const partOfTheState: Program = {
  words: [0, 0, 1, 0],
  actors: [
    twins([on(store(0, 1)), on({ do: 'if', from: 0, value: 0, body: [at({ do: 'and', word: 0, value: 0, to: 0 }), adds] })]),
    does([at(load(0)), on({ do: 'if', from: 0, value: 0, body: [on({ do: 'count', counter: 0 })] })]),
    does([at({ do: 'counted', actor: null, counter: 0, to: 0 }), on({ do: 'put', word: 0, from: 0 })]),
  ],
  checks: [counts(2, 0)],
};

/** Programs of each kind. */
export const kinds: Readonly<Record<string, readonly Program[]>> = {
  ...Object.fromEntries(
    Object.entries(actorsOf).map(([kind, actors]) => [
      kind,
      [[], [counts(0, 1)]].map((checks): Program => ({ words: [0, 0, 0, 0], actors, checks })),
    ]),
  ),
  'a counter that turns out to be part of the state in the middle of an execution, which comes to its end': [partOfTheState],
};
