/** Makes a random program small enough to look at all its states, and such that states come again. */
import {
  type Actors,
  changed,
  FRAME_WORD,
  type Instruction,
  instructionsOf,
  isEndless,
  MOST_ACTORS,
  type Operation,
  type Program,
} from './program.ts';

const glued = { point: false } as const;

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

/** An operation that is not made shorter as long as another actor can be left out. */
const FEW_STEPS = 4;

/** Leaves out copies, operations and actors until it is small. */
export function small(actors: readonly Actors[], states: number): readonly Actors[] {
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
  const stepsIn = (it: Actors | undefined): number => stepsOf((it?.operations ?? []).flat());
  const long = actors.reduce((at, it, i) => (stepsIn(it) > stepsIn(actors[at]) ? i : at), 0);
  const { operations } = actors[long] as Actors;
  // Rather fewer actors than actors that do next to nothing.
  if (operations.length === 1 && actors.length > 1 && stepsIn(actors[long]) <= FEW_STEPS)
    return small(actors.slice(0, -1), states);
  const less = operations.length > 1 ? operations.slice(0, -1) : [shorter(operations[0] as Operation)];
  return small(
    actors.map((it, i) => (i === long ? { ...it, operations: less } : it)),
    states,
  );
}

/** Who may go on for ever must not count, or no state ever comes again: not in words, and not in counters that a check reads. */
export function settled(script: Actors, counts: boolean): Actors {
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
export function withPoints({ operations, ...script }: Actors): Actors {
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
export function padded(program: Program, steps: number): Program {
  const [first, ...rest] = program.actors as [Actors, ...Actors[]];
  if (steps === 0 || first.copies > 1 || isEndless(first) || sizeOf(rest) > 40) return program;
  const pad: Instruction = { do: 'pad', steps, ...glued };
  const [one = [], ...others] = first.operations;
  return { ...program, actors: [{ ...first, operations: [[...one.slice(0, 1), pad, ...one.slice(1)], ...others] }, ...rest] };
}
