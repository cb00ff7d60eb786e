/** A change of the model: edits of its code, or options of its driver, and the scenario it is tried in. */
import type { DriverSettings } from '../drivers/base/options.ts';

export interface Edit {
  /** Module of the tree, from `src`, without extension: `notifier/sequence`. */
  readonly module: string;
  /** The function, method or operation to look in, by its name; it must be the only one of that name. Default: the whole module. */
  readonly in?: string;
  /**
   * Code of the built module (JavaScript, without types): an expression, one or several statements, or members of a class or an object.
   * White space, comments, quotes and parentheses do not matter. It must occur exactly once.
   */
  readonly find: string;
  /** What takes its place, of the same kind; nothing for statements and members that go. */
  readonly replace: string;
  /** Names the new code needs, and the modules of the tree they come from. What is imported already stays as it is. */
  readonly imports?: Readonly<Record<string, string>>;
}

export interface Mutation {
  readonly id: string;
  readonly title: string;
  /** Where it was seen: a commit, a driver, a window. */
  readonly reference: string;
  readonly scenario: string;
  readonly edits: readonly Edit[];
  /** Options of the driver, for defects that the driver has a switch for. */
  readonly settings?: DriverSettings;
}

/** A bug of the catalogue: what it does, and what it takes to show it. */
export interface Bug extends Mutation {
  /** SDM stale device mapping, LU lost update, UAF use after free, SEC exposure, COR corrupted state, DL deadlock, LL livelock, ERR wrong result. */
  readonly kind: string;
  /** Fewest threads and preemptions that show it. */
  readonly threads: number;
  readonly preemptions: number;
  /** Rules that may be the first to notice. */
  readonly oracles: readonly string[];
}

/** A change that is no bug, and must never be reported. */
export type Control = Mutation;
