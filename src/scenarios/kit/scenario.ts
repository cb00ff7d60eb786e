/** A situation for the explorer: a small machine, a few actors with a script each, and what must hold at the end. */
import type { Arena } from '../../arena/arena.ts';
import type { Finding } from '../../oracles/finding.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import type { Cover } from './covers.ts';

/** Result of an operation that must be done again from its beginning, remembering nothing. */
export const AGAIN = Symbol('again');

/** One actor: its operations run one after another, each a generator over the model. */
export interface Script {
  readonly name: string;
  readonly operations: readonly ((task: Task) => Steps<unknown>)[];
  /** Does its operations again and again, and ends when the others have: a source of trouble that never runs dry. */
  readonly background?: boolean;
}

/** A scenario set up once: the explorer copies the arena and starts every execution from the copy. */
export interface Prepared {
  readonly arena: Arena;
  readonly actors: readonly Script[];
  /** Name of the driver; absent where there is none. */
  readonly driver?: string;
  /** What is wrong after every actor has come to its end. */
  readonly check: () => Finding[];
  /** The part of it that holds whatever the actors have done; needed to leave operations out. */
  readonly invariants?: () => Finding[];
  /** What must be reached; without any, nothing is asked. */
  readonly covers?: readonly Cover[];
}

export interface Scenario {
  readonly name: string;
  /** One line for `hmm-lab scenarios`. */
  readonly title: string;
  /** It has a mistake built in, to be found. */
  readonly flawed?: boolean;
  /** Windows of docs/windows.md it can reach, such as `E1 F2`. */
  readonly windows: string;
  /** Of a scenario of the user's: hash of the modules it is made of. */
  readonly sources?: string;
  /** Steps after which an execution counts as endless; 20,000 unless said otherwise. */
  readonly stepLimit?: number;
  /**
   * Why its actors may undo each other's work for ever, if that is as it should be: counting livelocks (rounds in which no state comes
   * again) are not looked for then. Exact rounds are.
   */
  readonly mayUndo?: string;
  /** Builds the machine with actor number `actors.length` as the one that sets up. Deterministic. */
  readonly prepare: () => Prepared;
}
