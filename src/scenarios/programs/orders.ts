/**
 * The sequential orders of a program, each run on the machine as it was set up: an operation may fail only in ways that one of them
 * shows, or that {@link racy} names.
 */
import type { Arena } from '../../arena/arena.ts';
import type { Machine } from '../../programs/machine.ts';
import { perform } from '../../programs/perform.ts';
import type { Program } from '../../programs/program.ts';
import { runWithin } from '../../steps/steps.ts';
import { taskOf } from './boot.ts';

/** Errors of each operation, by column and place. */
export type Errors = readonly (readonly ReadonlySet<unknown>[])[];

/** What a program answers when its operations come one after the other. */
export interface Sequential {
  /** Null: there are too many orders. */
  readonly errors: Errors | null;
  /** Which operations of the set-up fail, by their places. */
  readonly gone: readonly number[];
}

/** Orders above which no more are tried. */
const MOST_ORDERS = 20_000;

/** Steps of an operation after which it has no end: of one page it takes some hundred. */
const MOST_STEPS = 100_000;

interface Moment {
  readonly words: Int32Array;
  readonly frames: Int32Array;
}

const momentOf = ({ words, frames }: Arena): Moment => ({ words: Int32Array.from(words), frames: Int32Array.from(frames) });

function backTo({ words, frames }: Arena, moment: Moment): void {
  words.set(moment.words);
  frames.set(moment.frames);
}

/** The errors that the orders show. Null if there are too many orders. The machine is left as it was. */
export function errorsOfOrders(machine: Machine, { columns }: Program): Errors | null {
  const { arena } = machine;
  const errors = columns.map(({ operations }) => operations.map(() => new Set<unknown>()));
  const begin = momentOf(arena);
  const tasks = columns.map((_, actor) => taskOf(arena, actor));
  let orders = 0;
  const goOn = (at: readonly number[], before: Moment): void => {
    for (const [column, place] of at.entries()) {
      const op = columns[column]?.operations[place];
      if (op === undefined || orders > MOST_ORDERS) continue;
      orders++;
      backTo(arena, before);
      let answer: { readonly e?: unknown };
      try {
        answer = runWithin(perform(tasks[column] as ReturnType<typeof taskOf>, machine, op), MOST_STEPS);
      } catch {
        // An order that breaks a rule, or in which one would wait for somebody who comes later, or goes round for ever, shows nothing.
        continue;
      }
      errors[column]?.[place]?.add(answer.e);
      goOn(
        at.map((one, i) => (i === column ? place + 1 : one)),
        momentOf(arena),
      );
    }
  };
  goOn(
    columns.map(() => 0),
    momentOf(arena),
  );
  backTo(arena, begin);
  return orders > MOST_ORDERS ? null : errors;
}
