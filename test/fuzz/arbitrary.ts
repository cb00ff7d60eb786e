/** Random programs, small enough to look at all their states, and such that they have few without end. */
import fc from 'fast-check';
import {
  type Actors,
  changed,
  type EndCheck,
  FRAME_WORD,
  type Instruction,
  instructionsOf,
  isEndless,
  looksAtCounters,
  MOST_ACTORS,
  type Operation,
  type Program,
  RWSEM,
} from './program.ts';

/** Most states by the numbers of points of the actors, roughly: mostly few. */
const mostStates = fc.constantFrom(20, 40, 60, 100, 160, 320);

const word = fc.nat(FRAME_WORD - 1);
const anyWord = fc.nat(FRAME_WORD);
const register = fc.nat(1);
const value = fc.nat(2);
const point = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const rule = fc.constantFrom('X-0', 'X-1', 'X-2');
const glued = { point: false } as const;

/** Of instructions that belong together. */
type Chunk = fc.Arbitrary<readonly Instruction[]>;

const one = (instruction: fc.Arbitrary<Instruction>): Chunk => instruction.map((it) => [it]);
const single = <T extends Instruction['do'], R extends Record<string, fc.Arbitrary<unknown>>>(kind: T, rest: R): Chunk =>
  one(fc.record({ do: fc.constant(kind), ...rest, point }) as unknown as fc.Arbitrary<Instruction>);

const access = fc.oneof(
  { weight: 3, arbitrary: single('load', { word: anyWord, to: register }) },
  { weight: 3, arbitrary: single('store', { word: anyWord, value }) },
  { weight: 2, arbitrary: single('put', { word: anyWord, from: register }) },
  { weight: 1, arbitrary: single('add', { word: anyWord, value: fc.constantFrom(1, 2), to: register }) },
  { weight: 1, arbitrary: single('xchg', { word, value, to: register }) },
  { weight: 1, arbitrary: single('or', { word, value, to: register }) },
  { weight: 1, arbitrary: single('and', { word, value, to: register }) },
  { weight: 1, arbitrary: single('increase', { word, value: fc.constantFrom(1, 2) }) },
  { weight: 1, arbitrary: single('cas', { word, expected: value, value, to: register }) },
);

/** Reads something and breaks a rule if it is so. */
const check: Chunk = fc.oneof(
  fc.record({ word: anyWord, to: register, value, rule, point }).map(({ word, to, value, rule, point }): Instruction[] => [
    { do: 'load', word, to, point },
    { do: 'check', from: to, value, rule, ...glued },
  ]),
  single('check', { from: register, value: fc.constantFrom(1, 2), rule }),
  single('watch', { word: anyWord, value: fc.constantFrom(1, 2), rule }),
);

/** What an actor has besides the shared words: places it keeps, counters, its window. */
const own: Chunk = fc.oneof(
  single('keep', { place: fc.nat(1), from: register }),
  single('recall', { place: fc.nat(1), to: register }),
  single('count', { counter: fc.nat(1) }),
  single('window', { value }),
  single('peek', { actor: fc.nat(MOST_ACTORS - 1), to: register }),
  fc.oneof(
    single('counted', { actor: fc.constantFrom(null, 0, 1, 2), counter: fc.nat(1), to: register }),
    single('slot', { value }),
  ),
);

const waiting: Chunk = fc.oneof(
  { weight: 2, arbitrary: single('waitUntil', { word, mask: fc.constantFrom(-1, 1), value: fc.nat(1) }) },
  { weight: 1, arbitrary: single('waitWhile', { word, value: fc.nat(1) }) },
  { weight: 1, arbitrary: single('wake', { word }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ word, value: fc.constantFrom(1, 2), point, between: fc.boolean() })
      .map(({ word, value, point, between }): Instruction[] => [
        { do: 'store', word, value, point },
        { do: 'wake', word, point: between },
      ]),
  },
);

/** A lock word used wrongly, now and then. */
const stray: Chunk = fc.oneof(
  single('unlock', { lock: fc.nat(2) }),
  single('lock', { lock: fc.nat(2) }),
  single('downRead', {}),
  single('upRead', {}),
  single('upWrite', {}),
  single('downgrade', {}),
);

const simple: Chunk = fc.oneof(
  { weight: 24, arbitrary: access },
  { weight: 4, arbitrary: check },
  { weight: 6, arbitrary: own },
  { weight: 5, arbitrary: waiting },
  { weight: 1, arbitrary: stray },
);

const flat = (chunks: readonly (readonly Instruction[])[]): Instruction[] => chunks.flat();

/** Some chunks under one of the locks. */
function locked(inner: Chunk, locks: readonly number[]): Chunk {
  const body = fc.array(inner, { maxLength: 2 }).map(flat);
  const around = (before: Instruction, after: Instruction) => (body: readonly Instruction[]) => [before, ...body, after];
  const oneOf = fc.constantFrom(...locks.filter((lock) => lock !== RWSEM));
  const lock = fc
    .tuple(oneOf, body)
    .map(([lock, body]) => around({ do: 'lock', lock, ...glued }, { do: 'unlock', lock, ...glued })(body));
  const readers = body.map(around({ do: 'downRead', ...glued }, { do: 'upRead', ...glued }));
  const writer = body.map(around({ do: 'downWrite', ...glued }, { do: 'upWrite', ...glued }));
  const downgraded = fc
    .tuple(body, body)
    .map(([one, other]): Instruction[] => [
      { do: 'downWrite', ...glued },
      ...one,
      { do: 'downgrade', ...glued },
      ...other,
      { do: 'upRead', ...glued },
    ]);
  const tried = fc.tuple(oneOf, register, body).map(([lock, to, body]): Instruction[] => [
    { do: 'try', lock, to, ...glued },
    { do: 'if', from: to, value: 1, body: [...body, { do: 'unlock', lock, ...glued }], ...glued },
  ]);
  const triedRead = fc.tuple(register, body).map(([to, body]): Instruction[] => [
    { do: 'tryRead', to, ...glued },
    { do: 'if', from: to, value: 1, body: [...body, { do: 'upRead', ...glued }], ...glued },
  ]);
  return fc.oneof(
    { weight: 6, arbitrary: lock },
    { weight: 2, arbitrary: tried },
    ...(locks.includes(RWSEM)
      ? [
          { weight: 3, arbitrary: readers },
          { weight: 3, arbitrary: writer },
          { weight: 1, arbitrary: downgraded },
          { weight: 1, arbitrary: triedRead },
        ]
      : []),
  );
}

const conditional = (inner: Chunk): Chunk =>
  fc
    .record({ from: register, value, body: fc.array(inner, { minLength: 1, maxLength: 2 }).map(flat) })
    .map((it): Instruction[] => [{ do: 'if', ...it, ...glued }]);

/** Goes round while a word has a value. With a bound it remembers all its rounds; without it begins each as the first. */
const looping = (inner: Chunk): Chunk =>
  fc
    .record({ word, to: register, value: fc.nat(1), most: fc.constantFrom(0, 0, 2, 3), body: fc.array(inner, { maxLength: 1 }) })
    .map(({ word, to, value, most, body }): Instruction[] => {
      const look: Instruction = { do: 'load', word, to, point: true };
      return [{ do: 'loop', from: to, value, most, forget: most === 0, body: [look, ...flat(body)], ...glued }];
    });

/** Mostly in the order that is right: semaphore, mutexes, spin lock; but the two mutexes in any. */
const INNER = [0, 0, 1, 2];
const OUTER = [0, 1, 1, 2, 2, RWSEM];

const nested: Chunk = fc.oneof(
  { weight: 8, arbitrary: simple },
  { weight: 3, arbitrary: locked(simple, INNER) },
  { weight: 2, arbitrary: conditional(simple) },
);

const chunk: Chunk = fc.oneof(
  { weight: 12, arbitrary: simple },
  { weight: 6, arbitrary: locked(nested, OUTER) },
  { weight: 2, arbitrary: conditional(nested) },
  { weight: 2, arbitrary: looping(nested) },
  { weight: 1, arbitrary: locked(looping(simple), OUTER) },
);

/** The end of an operation: mostly nothing, or a reason to do it again. */
const ending: Chunk = fc.oneof(
  { weight: 12, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.record({ word, from: register, value: fc.nat(1), point }).map(({ word, from, value, point }): Instruction[] => [
      { do: 'load', word, to: from, point },
      { do: 'again', from, value, ...glued },
    ]),
  },
);

const operation: fc.Arbitrary<Operation> = fc
  .tuple(fc.array(chunk, { minLength: 1, maxLength: 3 }), ending)
  .map(([chunks, last]) => [...flat(chunks), ...last]);

const actors: fc.Arbitrary<Actors> = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
  background: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  copies: fc.oneof({ weight: 7, arbitrary: fc.constant(1) }, { weight: 3, arbitrary: fc.constantFrom(2, 3) }),
});

const endCheck: fc.Arbitrary<EndCheck> = fc.record({
  of: fc.constantFrom('word', 'word', 'counter', 'window'),
  actor: fc.nat(MOST_ACTORS - 1),
  place: fc.nat(1),
  value,
  rule: fc.constantFrom('X-E', 'X-F'),
});

/** Points that an instruction has of its own. A release has one before and one after. */
const pointsOf = (one: Instruction): number => {
  switch (one.do) {
    case 'lock':
    case 'try':
    case 'downRead':
    case 'downWrite':
    case 'tryRead':
    case 'waitUntil':
      return 1;
    case 'unlock':
    case 'upRead':
    case 'upWrite':
    case 'downgrade':
      return 2;
    case 'pad':
      return one.steps;
    case 'loop':
      return stepsOf(one.body) * Math.max(1, one.most);
    case 'if':
      return stepsOf(one.body);
    default:
      return 0;
  }
};

/** Steps that an operation makes at the most, about. */
const stepsOf = (body: Operation): number => body.reduce((sum, one) => sum + (one.point ? 1 : 0) + pointsOf(one), 0);

const sizeOf = (actors: readonly Actors[]): number =>
  actors.reduce((size, { operations, copies }) => size * (1 + stepsOf(operations.flat())) ** copies, 1);

/** Without its last instruction; with a release goes what took the lock. */
function shorter(operation: Operation): Operation {
  const last = operation.at(-1);
  const rest = operation.slice(0, -1);
  const takes: Readonly<Record<string, readonly string[]>> = {
    unlock: ['lock'],
    upRead: ['downRead', 'downWrite'],
    upWrite: ['downWrite'],
  };
  const taken = takes[last?.do ?? ''];
  if (taken === undefined) return rest;
  const isFirst = (one: Instruction): boolean =>
    taken.includes(one.do) && (!('lock' in one) || (last?.do === 'unlock' && one.lock === last.lock));
  return rest.toSpliced(rest.findLastIndex(isFirst), 1).filter((one) => one.do !== 'downgrade');
}

/** Leaves out copies and operations until it is small. */
function small(actors: readonly Actors[], states: number): readonly Actors[] {
  const total = actors.reduce((sum, { copies }) => sum + copies, 0);
  if (total <= MOST_ACTORS && sizeOf(actors) <= states) return actors;
  const most = Math.max(...actors.map(({ copies }) => copies));
  if (total > MOST_ACTORS || most > 2) {
    const at = actors.findLastIndex(({ copies }) => copies === most);
    return small(
      actors.map((it, i) => (i === at ? { ...it, copies: most - 1 } : it)),
      states,
    );
  }
  const long = actors.reduce(
    (at, it, i) => (stepsOf(it.operations.flat()) > stepsOf((actors[at] as Actors).operations.flat()) ? i : at),
    0,
  );
  const { operations, copies } = actors[long] as Actors;
  const less = (): Actors => {
    const it = actors[long] as Actors;
    if (operations.length > 1) return { ...it, operations: operations.slice(0, -1) };
    if (copies > 1) return { ...it, copies: 1 };
    return { ...it, operations: [shorter(operations[0] as Operation)] };
  };
  return small(
    actors.map((it, i) => (i === long ? less() : it)),
    states,
  );
}

/** Who may go on for ever must not count, or no state ever comes again: not in words, and not in counters that a check reads. */
function settled(script: Actors, counts: boolean): Actors {
  if (!isEndless(script)) return script;
  const operations = script.operations.map((operation) =>
    changed(operation, (one) => {
      if (one.do === 'add') return [{ ...one, do: 'xchg', word: one.word % FRAME_WORD }];
      if (one.do === 'increase') return [{ ...one, do: 'store' }];
      return one.do === 'count' && counts ? [] : [one];
    }),
  );
  return { ...script, operations };
}

/** An operation that can be done again has a point at its very beginning, and so has the first one of an actor, if it can fail. */
function withPoints({ operations, ...script }: Actors): Actors {
  const harmless = ['load', 'store', 'xchg', 'put', 'lock', 'downRead', 'downWrite', 'waitUntil', 'pad'];
  const needs = (operation: Operation, i: number): boolean =>
    script.background ||
    instructionsOf(operation).some((one) => one.do === 'again') ||
    (i === 0 && operation.length > 0 && !harmless.includes((operation[0] as Instruction).do));
  const start = (operation: Operation): Operation =>
    operation.length === 0
      ? [{ do: 'pad', steps: 1, ...glued }]
      : operation.map((one, i) => (i === 0 ? { ...one, point: true } : one));
  return { ...script, operations: operations.map((operation, i) => (needs(operation, i) ? start(operation) : operation)) };
}

/** Now and then some hundred steps that do nothing, in a program that is small enough. */
function padded(program: Program, steps: number): Program {
  const [first, ...rest] = program.actors as [Actors, ...Actors[]];
  if (steps === 0 || first.copies > 1 || isEndless(first) || sizeOf(rest) > 40) return program;
  const pad: Instruction = { do: 'pad', steps, ...glued };
  const [one = [], ...others] = first.operations;
  return { ...program, actors: [{ ...first, operations: [[...one.slice(0, 1), pad, ...one.slice(1)], ...others] }, ...rest] };
}

export const programs: fc.Arbitrary<Program> = fc
  .record({
    words: fc.array(fc.nat(1), { minLength: FRAME_WORD + 1, maxLength: FRAME_WORD + 1 }),
    actors: fc.array(actors, { minLength: 1, maxLength: 3 }),
    checks: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(endCheck, { minLength: 1, maxLength: 2 }) },
    ),
    states: mostStates,
    pad: fc.oneof({ weight: 200, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 300, max: 900 }) }),
  })
  .map(({ words, actors, checks, states, pad }) => {
    const counts = looksAtCounters({ actors, checks });
    const all = small(actors, states).map((script) => withPoints(settled(script, counts)));
    return padded({ words, actors: all, checks }, pad);
  });
