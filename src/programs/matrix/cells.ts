/** The cells of the race matrix: a program for each pair of operations from each state of a page. */
import { parseProgram, programName } from '../program.ts';
import type { Abilities } from './abilities.ts';
import { type MatrixOperation, matrixOperations } from './matrixOperations.ts';
import { type PageState, pageStates } from './pageStates.ts';

export interface Cell {
  readonly state: string;
  /** Operations of actors A, B and perhaps C. */
  readonly operations: readonly string[];
  /** The program, in one line. */
  readonly program: string;
}

/** Before an operation of the set-up: each actor does it. */
const EACH = 'EACH:';

/** What each actor writes, so that each store has a value of its own. */
const VALUES = [11, 12, 13];

const fits = ({ needs, driver }: MatrixOperation, { has }: PageState, can: Abilities): boolean =>
  needs.every((need) => has.has(need)) && (driver === undefined || can[driver] !== false);

/** Who does it does not matter: a pair stands for its mirror image, too. */
function sets(operations: readonly MatrixOperation[], size: number): MatrixOperation[][] {
  if (size === 0) return [[]];
  return operations.flatMap((one, i) => sets(operations.slice(i), size - 1).map((others) => [one, ...others]));
}

export interface Chosen {
  /** Names of states and operations; all of them if undefined. An operation that is chosen is tried with all others. */
  readonly states?: readonly string[] | undefined;
  readonly operations?: readonly string[] | undefined;
  /** Actors: 2 or 3. */
  readonly actors: 2 | 3;
  /** What the driver can do. */
  readonly can: Abilities;
}

export function cellsOf({ states, operations, actors, can }: Chosen): Cell[] {
  return pageStates
    .filter(
      ({ name, driver }) => (states === undefined || states.includes(name)) && (driver === undefined || can[driver] !== false),
    )
    .flatMap((state) =>
      sets(
        matrixOperations.filter((one) => fits(one, state, can)),
        actors,
      )
        .filter((set) => operations === undefined || set.some(({ name }) => operations.includes(name)))
        .filter((set) => state.always === undefined || set.some(({ name }) => name === state.always?.operation))
        .filter((set) => !set.some(({ name }) => name === state.never?.operation))
        .map((set) => cellOf(state, set)),
    );
}

function cellOf(state: PageState, set: readonly MatrixOperation[]): Cell {
  const afterwards = state.afterwards === undefined ? '' : ` | ${state.afterwards}`;
  const columns = set.map(({ text }, i) => `${'ABC'[i]}: ${text(state, VALUES[i] as number)}${afterwards}`);
  const each = (operation: string): string[] =>
    operation.startsWith(EACH) ? set.map((_, i) => `${'ABC'[i]}:${operation.slice(EACH.length)}`) : [operation];
  const given = state.given.split(' | ').flatMap(each).join(' | ');
  const program = programName(parseProgram([`given ${given}`, ...columns].join('\n')));
  return { state: state.name, operations: set.map(({ name }) => name), program };
}
