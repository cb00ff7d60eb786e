/** Random programs, of several flavours. */
import fc from 'fast-check';
import { conditional, flat, locked, looping } from './blocks.ts';
import {
  access,
  type Chunk,
  check,
  counting,
  glued,
  keeping,
  owning,
  point,
  recounting,
  register,
  stray,
  telling,
  value,
  waiting,
  word,
} from './chunks.ts';
import {
  type Actors,
  type EndCheck,
  FRAME_WORD,
  type Instruction,
  looksAtCounters,
  MOST_ACTORS,
  type Operation,
  type Program,
  RWSEM,
} from './program.ts';
import { padded, settled, small, withPoints } from './sizes.ts';

/** Most states by the numbers of points of the actors, roughly: mostly few. */
const mostStates = fc.constantFrom(20, 40, 60, 100, 160, 320);

/** What programs of a kind are made of, as weights: programs in which everything happens once show little. */
interface Flavour {
  readonly checks: number;
  readonly keeping: number;
  readonly telling: number;
  readonly owning: number;
  readonly counting: number;
  readonly recounting: number;
  readonly waiting: number;
  readonly stray: number;
  readonly locks: number;
  readonly loops: number;
  readonly twins: number;
  readonly background: number;
  /** Programs that are checked at their end, for two that are not. */
  readonly ends: number;
}

const plain: Flavour = {
  checks: 4,
  keeping: 2,
  telling: 2,
  owning: 1,
  counting: 1,
  recounting: 0,
  waiting: 5,
  stray: 1,
  locks: 6,
  loops: 2,
  twins: 3,
  background: 1,
  ends: 1,
};

/** Nothing but accesses, by like actors. */
const bare: Flavour = {
  checks: 1,
  keeping: 0,
  telling: 0,
  owning: 0,
  counting: 0,
  recounting: 0,
  waiting: 0,
  stray: 0,
  locks: 0,
  loops: 0,
  twins: 30,
  background: 0,
  ends: 1,
};

const flavours: readonly Flavour[] = [
  plain,
  bare,
  { ...bare, owning: 20 },
  { ...plain, twins: 14, telling: 14, checks: 6, locks: 3 },
  { ...plain, twins: 14, locks: 14, telling: 0, counting: 0, waiting: 8 },
  { ...plain, waiting: 30, locks: 2 },
  { ...plain, locks: 24, stray: 4, loops: 6, keeping: 0, telling: 0, owning: 0, counting: 0 },
  { ...plain, keeping: 16, counting: 12, recounting: 2, locks: 2 },
  { ...plain, background: 6, loops: 6 },
  { ...bare, twins: 3, counting: 24, recounting: 12 },
  { ...bare, twins: 3, counting: 24, ends: 8 },
];

/** Mostly in the order that is right: semaphore, mutexes, spin lock; but the two mutexes in any. */
const INNER = [0, 0, 1, 2];
const OUTER = [0, 1, 1, 2, 2, RWSEM];

/** The end of an operation: mostly nothing, or a reason to do it again. */
const endingOf = ({ loops }: Flavour): Chunk =>
  fc.oneof(
    { weight: 24, arbitrary: fc.constant([]) },
    {
      weight: loops,
      arbitrary: fc
        .record({ word, from: register, value: fc.nat(1), point })
        .map(({ word, from, value, point }): Instruction[] => [
          { do: 'load', word, to: from, point },
          { do: 'again', from, value, ...glued },
        ]),
    },
  );

function operationOf(flavour: Flavour): fc.Arbitrary<Operation> {
  const {
    checks,
    keeping: keeps,
    telling: tells,
    owning: owns,
    counting: counts,
    recounting: recounts,
    waiting: waits,
    stray: strays,
    locks,
    loops,
  } = flavour;
  const simple: Chunk = fc.oneof(
    { weight: 24, arbitrary: access },
    { weight: checks, arbitrary: check },
    { weight: keeps, arbitrary: keeping },
    { weight: tells, arbitrary: telling },
    { weight: owns, arbitrary: owning },
    { weight: counts, arbitrary: counting },
    { weight: recounts, arbitrary: recounting },
    { weight: waits, arbitrary: waiting },
    { weight: strays, arbitrary: stray },
  );
  const nested: Chunk = fc.oneof(
    { weight: 16, arbitrary: simple },
    { weight: locks, arbitrary: locked(simple, INNER) },
    { weight: 4, arbitrary: conditional(simple) },
  );
  const chunk: Chunk = fc.oneof(
    { weight: 12, arbitrary: simple },
    { weight: locks, arbitrary: locked(nested, OUTER) },
    { weight: 2, arbitrary: conditional(nested) },
    { weight: locks >> 2, arbitrary: conditional(locked(locked(simple, [2, RWSEM]), [1, RWSEM])) },
    { weight: loops, arbitrary: looping(nested) },
    { weight: 1, arbitrary: locked(looping(simple), OUTER) },
  );
  return fc
    .tuple(fc.array(chunk, { minLength: 1, maxLength: 3 }), endingOf(flavour))
    .map(([chunks, last]) => [...flat(chunks), ...last]);
}

const actorsWith = (flavour: Flavour): fc.Arbitrary<Actors> =>
  fc.record({
    operations: fc.array(operationOf(flavour), { minLength: 1, maxLength: 3 }),
    background: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: flavour.background, arbitrary: fc.constant(true) },
    ),
    copies: fc.oneof({ weight: 7, arbitrary: fc.constant(1) }, { weight: flavour.twins, arbitrary: fc.constantFrom(2, 2, 3) }),
  });

const endCheck = ({ counting: counts, telling: tells }: Flavour): fc.Arbitrary<EndCheck> =>
  fc.record({
    of: fc.oneof(
      { weight: 5, arbitrary: fc.constant('word' as const) },
      { weight: counts, arbitrary: fc.constant('counter' as const) },
      { weight: tells, arbitrary: fc.constant('window' as const) },
    ),
    actor: fc.nat(MOST_ACTORS - 1),
    place: fc.nat(1),
    value,
    rule: fc.constantFrom('X-E', 'X-F'),
  });

const programsOf = (flavour: Flavour): fc.Arbitrary<Program> =>
  fc
    .record({
      words: fc.array(fc.nat(1), { minLength: FRAME_WORD + 1, maxLength: FRAME_WORD + 1 }),
      actors: fc.array(actorsWith(flavour), { minLength: 1, maxLength: 3 }),
      checks: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: flavour.ends, arbitrary: fc.array(endCheck(flavour), { minLength: 1, maxLength: 4 }) },
      ),
      states: mostStates,
      pad: fc.oneof({ weight: 200, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 300, max: 900 }) }),
    })
    .map(({ words, actors, checks, states, pad }) => {
      const counts = looksAtCounters({ actors, checks });
      const all = small(actors, states).map((script) => withPoints(settled(script, counts)));
      return padded({ words, actors: all, checks }, pad);
    });

export const programs: fc.Arbitrary<Program> = fc.oneof(...flavours.map(programsOf));
