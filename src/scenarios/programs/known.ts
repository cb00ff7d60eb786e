/** What is known of a program once it was set up: the errors of its sequential orders, and the values of ideal memory. */

import { UsageError } from '../../input/usageError.ts';
import { type Allowed, allowed } from '../../programs/allowed.ts';
import type { Machine } from '../../programs/machine.ts';
import type { Operation, OperationName } from '../../programs/operation.ts';
import { perform } from '../../programs/perform.ts';
import type { Program } from '../../programs/program.ts';
import { run } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { taskOf } from './boot.ts';
import { type Expected, mayComeToNothing } from './judge.ts';
import { type Times, timesOf } from './orderOfTime.ts';
import { type Errors, errorsOfOrders, type Sequential } from './orders.ts';

/** Operations whose state is in no arena: they are for programs that run alone. */
export const ALONE: ReadonlySet<OperationName> = new Set(['ev', 'evopen', 'uffd', 'mthp']);

/** The same each time that the program is set up. */
export interface Known {
  /** Null: there are too many orders. */
  readonly errors: Errors | null;
  /** Null: ideal memory does not know an operation, or has too many states. */
  readonly allowed: Allowed | null;
  /** What it makes of that when operations begin after others have ended. Null as above. */
  readonly times: Times | null;
}

/** @throws UsageError when the program cannot be run by several at a time. */
export function checkProgram(program: Program): void {
  const odd = program.columns.flatMap(({ operations }) => operations).find(({ name }) => ALONE.has(name));
  if (odd !== undefined) throw new UsageError(`operation '${odd.text}' cannot be done while others do something: give it before`);
  const unread = program.ends.find(({ operation }) => operation.name !== 'cr');
  if (unread !== undefined) throw new UsageError(`'${unread.operation.text}' is no look at memory at the end: that is a 'cr'`);
}

/** Does what is given. The operations that fail. */
export function setUp({ given, columns }: Program, machine: Machine, task: Task): Set<Operation> {
  const { arena } = machine;
  const gone = new Set<Operation>();
  const tasks = new Map(columns.map(({ actor }, i) => [actor, taskOf(arena, i)]));
  for (const { actor, operation } of given) {
    const { e } = run(perform(tasks.get(actor ?? '') ?? task, machine, operation));
    if (e !== 0) gone.add(operation);
  }
  return gone;
}

/**
 * Of a program that was just set up: its sequential orders are run, and the machine is left as it was. In a model with a bug they are
 * those of the model without it, if that is given.
 */
export function knownOf(
  program: Program,
  machine: Machine,
  gone: ReadonlySet<Operation>,
  unchanged: Sequential | null = null,
): Known {
  const errors = unchanged === null ? errorsOfOrders(machine, program) : unchanged.errors;
  // Without the orders it is not known which operations fail.
  if (errors === null) return { errors, allowed: null, times: null };
  const mayFail = (column: number, place: number): boolean =>
    [...(errors[column]?.[place] ?? [])].some((e) => e !== 0) ||
    mayComeToNothing(program.columns[column]?.operations[place] as Operation, machine.driver);
  const values = allowed(program, gone, mayFail);
  return { errors, allowed: values, times: values === null ? null : timesOf(program, gone, mayFail, values) };
}

type ExpectingMachine = Pick<Machine, 'driver' | 'driverWords'>;

const UNMAPS: ReadonlySet<OperationName> = new Set(['munmap', 'mremap']);

/** What is expected of each operation, by column and place. */
export function expectedOf({ columns }: Program, known: Known, { driver, driverWords }: ExpectingMachine): Expected[][] {
  const { errors, allowed: values, times } = known;
  const movesWhole = driver.movesWhole?.(driverWords) === true;
  return columns.map(({ actor, operations }, column) =>
    operations.map((operation, place) => ({
      actor,
      operation,
      driver,
      movesWhole,
      unmapsBesides: columns.some((other, i) => i !== column && other.operations.some(({ name }) => UNMAPS.has(name))),
      errors: errors?.[column]?.[place] ?? null,
      pages: values?.columns[column]?.[place] ?? null,
      byTime: times?.[column]?.[place] ?? null,
    })),
  );
}
