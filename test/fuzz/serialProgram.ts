/**
 * Small programs about a sequence S and a serial number U: actors let them count, some in a loop until another one stops them, and
 * compare them with copies: in two variables each (m of S, n of U), and in shared words (T of S, V of U). A flag, a register (r) each, and
 * checks show what came of it. Some programs do, in one place, what must be noticed when they run.
 */
import fc from 'fast-check';

/** What needs no number. Each is one step. */
export type Simple =
  /** S becomes odd; S = S + 1; the same if r is 1; U = U + 1, and without a look at it. */
  | 'seal'
  | 'unseal'
  | 'sealIf'
  | 'count'
  | 'increase'
  /** m = S; m = S - 1; n = U; T = m; m = T; V = n; n = V; another variable keeps m; m = what it keeps. */
  | 'copy'
  | 'past'
  | 'copyOther'
  | 'leave'
  | 'fetch'
  | 'leaveOther'
  | 'fetchOther'
  | 'keep'
  | 'takeUp'
  /** r = m is S; m is T; m is what the other variable keeps; n is U; n is V; S is odd; m is odd. */
  | 'isSame'
  | 'isLeft'
  | 'isKept'
  | 'isOther'
  | 'isOtherLeft'
  | 'isOdd'
  | 'isCopyOdd'
  /** flag = r; r = flag; who goes round stops. */
  | 'put'
  | 'look'
  | 'stop'
  /** Misuse: r = S, looked at as a number, can be divided by 3; m, made a number, can be; U is odd; n is S. */
  | 'isThird'
  | 'isCopyThird'
  | 'isOtherOdd'
  | 'isMixed'
  /** Misuse: T counts; S is none any more; S begins again; waits until a bit of T is set. T is none any more, and all bits are set. */
  | 'countCopy'
  | 'end'
  | 'beginAgain'
  | 'awaitBit'
  | 'release';

export type Does =
  | { readonly do: Simple }
  /** flag = value. Misuse: a check in this step breaks X-2 if S is the value. */
  | { readonly do: 'set' | 'checkIs'; readonly value: number }
  /** Breaks the rule if r has the value. Belongs to the step before. */
  | { readonly do: 'break'; readonly value: number; readonly rule: string }
  /** Goes round until it is stopped. */
  | { readonly do: 'loop'; readonly body: readonly Does[] };

export interface SerialActor {
  readonly body: readonly Does[];
  /** Makes its first step before its first point. */
  readonly isEarly: boolean;
  /** Has a variable of which nobody knows what is in it: it remembers all that it has read. */
  readonly hides: boolean;
}

export interface SerialProgram {
  readonly actors: readonly SerialActor[];
  /** Misuse: the flag is 1 at first if S begins with this. Null: it is 0. */
  readonly start: number | null;
  /** Misuse: at the end X-3 is broken if S is the value. */
  readonly end: number | null;
}

const one = (kind: Simple): Does => ({ do: kind });
const plain = (...kinds: readonly Simple[]) => fc.constantFrom(...kinds).map((kind): Does[] => [one(kind)]);
const register = fc.nat(1);
const breaks = fc.record({ value: register, rule: fc.constantFrom('X-0', 'X-1') }).map((how): Does => ({ do: 'break', ...how }));
/** What comes of an answer: a rule may be broken, or others are told. */
const shown = fc.oneof({ weight: 3, arbitrary: breaks }, { weight: 1, arbitrary: fc.constant(one('put')) });
const andShown = (chunk: fc.Arbitrary<Does[]>) => fc.tuple(chunk, shown).map(([some, last]): Does[] => [...some, last]);

const counts = fc.oneof(
  { weight: 3, arbitrary: plain('seal', 'unseal', 'unseal', 'sealIf') },
  { weight: 1, arbitrary: fc.constant([one('seal'), one('unseal')]) },
  { weight: 1, arbitrary: plain('count', 'increase') },
);
const copies = plain('copy', 'copy', 'past', 'copyOther');
const looks = plain('isSame', 'isSame', 'isLeft', 'isKept', 'isOther', 'isOtherLeft', 'isOdd', 'isCopyOdd');
const before = (kind: Simple, rest: fc.Arbitrary<Does[]>) => rest.map((some): Does[] => [one(kind), ...some]);

const uses = fc.oneof(
  { weight: 3, arbitrary: counts },
  { weight: 4, arbitrary: copies },
  { weight: 2, arbitrary: copies.map((copy): Does[] => [...copy, one('leave')]) },
  { weight: 1, arbitrary: fc.constant([one('copyOther'), one('leaveOther')]) },
  { weight: 1, arbitrary: copies.map((copy): Does[] => [...copy, one('keep')]) },
  { weight: 3, arbitrary: plain('leave', 'fetch', 'leaveOther', 'fetchOther', 'keep', 'takeUp', 'look') },
  { weight: 1, arbitrary: register.map((value): Does[] => [{ do: 'set', value }]) },
  { weight: 6, arbitrary: andShown(looks) },
  { weight: 2, arbitrary: andShown(before('fetch', looks)) },
  { weight: 2, arbitrary: andShown(before('takeUp', looks)) },
);

const misuses = fc.oneof(
  andShown(plain('isThird', 'isCopyThird', 'isOtherOdd', 'isMixed')),
  fc.constant([{ do: 'loop', body: [one('countCopy')] } as Does]),
  andShown(before('countCopy', before('fetch', plain('isSame')))),
  andShown(before('beginAgain', before('unseal', looks))),
  andShown(before('end', before('beginAgain', before('unseal', looks)))),
  fc.nat(9).map((value): Does[] => [{ do: 'checkIs', value }]),
);

const body = (least: number, most: number) =>
  fc.array(uses, { minLength: least, maxLength: most }).map((chunks) => chunks.flat());

const goesRound = fc
  .tuple(
    body(0, 1),
    fc.oneof(
      counts,
      fc.tuple(counts, uses).map((some) => some.flat()),
    ),
    body(0, 2),
  )
  .map(([first, round, after]): Does[] => [...first, { do: 'loop', body: round }, ...after]);

const rarely = fc.constantFrom(false, false, false, true);
const hides = fc.nat(6).map((n) => n === 0);
const actorOf = (arbitrary: fc.Arbitrary<readonly Does[]>) => fc.record({ body: arbitrary, isEarly: rarely, hides });
/** Who goes round and remembers all that it has read comes to no end. */
const round = fc.record({ body: goesRound, isEarly: rarely, hides: fc.constant(false) });

const actors = fc
  .tuple(round, actorOf(body(1, 4).map((some) => [...some, one('stop')])), fc.option(actorOf(body(1, 3))))
  .map(([first, stops, third]) => (third === null ? [first, stops] : [first, stops, third]));

/** The actors, one of which makes something more in between. */
const withMore = (some: readonly SerialActor[], more: readonly Does[], who: number, where: number): SerialActor[] =>
  some.map((actor, i) => {
    if (i !== who % some.length) return actor;
    const place = placeIn(actor.body, where);
    return { ...actor, body: [...actor.body.slice(0, place), ...more, ...actor.body.slice(place)] };
  });

/** What breaks a rule stays with the step that it belongs to. */
function placeIn(some: readonly Does[], where: number): number {
  let place = where % some.length;
  while (some[place]?.do === 'break') place++;
  return place;
}

const good = actors.map((some): SerialProgram => ({ actors: some, start: null, end: null }));
const bad = fc
  .tuple(actors, misuses, fc.nat(2), fc.nat(20))
  .map(([some, more, who, where]): SerialProgram => ({ actors: withMore(some, more, who, where), start: null, end: null }));
const badAtTheEnds = fc
  .tuple(actors, fc.constantFrom(0, 1, null, null), fc.nat(9))
  .map(([some, start, end]): SerialProgram => ({ actors: some, start, end: start === null ? end : null }));

/** Somebody waits for a bit of T, which is a copy until the other one has gone round. Nobody waits for ever. */
const waits = fc
  .tuple(counts, actorOf(body(1, 3)), actorOf(andShown(before('awaitBit', before('fetch', looks)))))
  .map(([some, stops, waiting]): SerialProgram => {
    const inRounds: Does = { do: 'loop', body: [...some, one('copy'), one('leave')] };
    const others = stops.body.filter((does) => does.do !== 'leave');
    return {
      actors: [
        { body: [inRounds, one('release')], isEarly: false, hides: false },
        { ...stops, body: [...others, one('stop')] },
        { ...waiting, isEarly: false },
      ],
      start: null,
      end: null,
    };
  });

export const serialPrograms: fc.Arbitrary<SerialProgram> = fc.oneof(
  { weight: 12, arbitrary: good },
  { weight: 4, arbitrary: bad },
  { weight: 1, arbitrary: badAtTheEnds },
  { weight: 1, arbitrary: waits },
);

/** Without the checks of a rule. */
export const without = ({ actors: some, start, end }: SerialProgram, rule: string): SerialProgram => ({
  actors: some.map((actor) => ({ ...actor, body: withoutIn(actor.body, rule) })),
  start,
  end: rule === 'X-3' ? null : end,
});

const withoutIn = (some: readonly Does[], rule: string): readonly Does[] =>
  some
    .filter((does) => does.do !== 'break' || does.rule !== rule)
    .map((does) => {
      if (does.do === 'checkIs' && rule === 'X-2') return one('look');
      return does.do === 'loop' ? { ...does, body: withoutIn(does.body, rule) } : does;
    });
