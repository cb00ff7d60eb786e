/** A program as a scenario for the explorer. */
import { store } from '../../arena/access.ts';
import { Actor, ActorState, type Mm } from '../../arena/structures.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { UsageError } from '../../input/usageError.ts';
import { contentsAt } from '../../oracles/contents.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLocksFree, checkMirrors } from '../../oracles/mirror.ts';
import { checkNotifiers } from '../../oracles/notifiers.ts';
import { type Allowed, allowed } from '../../programs/allowed.ts';
import type { Machine } from '../../programs/machine.ts';
import { addressAt, numberAt, type Operation, type OperationName, pageOf, textAt } from '../../programs/operation.ts';
import { perform } from '../../programs/perform.ts';
import { mmOf, pinnedPages, processNamed } from '../../programs/processes.ts';
import { type Column, type Ending, type Program, parseProgram, programName } from '../../programs/program.ts';
import { Point } from '../../steps/points.ts';
import { run, type Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { type Cover, coversDefect } from '../kit/covers.ts';
import { lasts } from '../kit/lasting.ts';
import { pingPong } from '../kit/plan.ts';
import type { Scenario, Script } from '../kit/scenario.ts';
import { boot, taskOf } from './boot.ts';
import { type Expected, judge } from './judge.ts';
import { type Errors, errorsOfOrders } from './orders.ts';

/** Operations whose state is in no arena: they are for programs that run alone. */
export const ALONE: ReadonlySet<OperationName> = new Set(['ev', 'evopen', 'uffd', 'mthp']);

/** What is known of a program once it was set up: the same each time. */
interface Known {
  readonly errors: Errors | null;
  readonly allowed: Allowed | null;
}

/** Nothing of an operation happens before its first point: when it begins is up to the scheduler, too. */
const operationOf = (machine: Machine, expected: Expected) =>
  function* (task: Task): Steps<void> {
    yield Point.call;
    judge(expected, yield* perform(task, machine, expected.operation));
  };

/**
 * @param driver in place of the in-tree test driver; then the scenario is `PROGRAM@DRIVER`, with the driver's name as it is `shown`.
 * @throws UsageError when the program is none, or cannot be run on the small machine.
 */
export function programScenario(text: string, settings: DriverSettings = {}, driver: Driver = dmirror, shown?: string): Scenario {
  const program = parseProgram(text);
  const odd = program.columns.flatMap(({ operations }) => operations).find(({ name }) => ALONE.has(name));
  if (odd !== undefined) throw new UsageError(`operation '${odd.text}' cannot be done while others do something: give it before`);
  const unread = program.ends.find(({ operation }) => operation.name !== 'cr');
  if (unread !== undefined) throw new UsageError(`'${unread.operation.text}' is no look at memory at the end: that is a 'cr'`);
  const name = programName(program);
  let known: Known | undefined;
  return {
    name: shown === undefined ? name : `${name}@${shown}`,
    title: 'a program',
    windows: '',
    ...(mayUndo(program) ? { mayUndo: pingPong } : {}),
    prepare() {
      const { machine, task } = boot(program, driver, settings);
      const { arena } = machine;
      const gone = setUp(program, machine, task);
      store(arena, task.actor + Actor.state, ActorState.absent);
      known ??= knownOf(program, machine, gone);
      const { errors, allowed: values } = known;
      const actors = program.columns.map((column, i) => scriptOf(machine, column, errors?.[i], values?.columns[i]));
      const covers = coversOf(program);
      const defect = coversDefect(
        covers,
        program.columns.map(({ actor }) => actor),
      );
      if (defect !== null) throw new UsageError(`the program: ${defect}`);
      const invariants = (): Finding[] => checkMachine(machine);
      return {
        arena,
        actors,
        driver: driver.name,
        invariants,
        check: () => [...invariants(), ...checkEnds(machine, values), ...checkAsked(machine, program.ends)],
        covers,
      };
    },
  };
}

/**
 * Does the operation do its work again as often as somebody else has undone it? A device takes a page for itself until it got to use it,
 * and guards are set until no page has come up between them.
 */
const isRedone = (op: Operation): boolean => op.name === 'datomic' || op.name === 'excl' || textAt(op, 2) === GUARD_INSTALL;
const GUARD_INSTALL = '102';

const mayUndo = ({ columns }: Program): boolean =>
  columns.length > 1 && columns.some(({ operations }) => operations.some(isRedone));

/** Does what is given. The operations that fail. */
function setUp({ given, columns }: Program, machine: Machine, task: Task): Set<Operation> {
  const { arena } = machine;
  const gone = new Set<Operation>();
  const tasks = new Map(columns.map(({ actor }, i) => [actor, taskOf(arena, i)]));
  for (const { actor, operation } of given) {
    const { e } = run(perform(tasks.get(actor ?? '') ?? task, machine, operation));
    if (e !== 0) gone.add(operation);
  }
  return gone;
}

function knownOf(program: Program, machine: Machine, gone: ReadonlySet<Operation>): Known {
  const errors = errorsOfOrders(machine, program);
  // Without the orders it is not known which operations fail.
  if (errors === null) return { errors, allowed: null };
  const mayFail = (column: number, place: number): boolean => [...(errors[column]?.[place] ?? [])].some((e) => e !== 0);
  return { errors, allowed: allowed(program, gone, mayFail) };
}

function scriptOf(
  machine: Machine,
  { actor, operations }: Column,
  errors: Errors[number] | undefined,
  values: Allowed['columns'][number] | undefined,
): Script {
  const { arena } = machine;
  return {
    name: actor,
    operations: operations.map((operation, place) => {
      const expected = {
        actor,
        operation: lasts(arena, operation),
        errors: errors?.[place] ?? null,
        pages: values?.[place] ?? null,
      };
      return operationOf(machine, lasts(arena, expected));
    }),
  };
}

const coversOf = ({ reaches }: Program): Cover[] =>
  reaches.map(({ actor, point, while: other }) => ({ actor, point, ...(other === undefined ? {} : { while: other }) }) as Cover);

function checkMachine({ arena }: Machine): Finding[] {
  return [...checkLocksFree(arena), ...checkNotifiers(arena), ...checkCounts(arena, pinnedPages(arena)), ...checkMirrors(arena)];
}

/** The first word of a page at the end, as the page table or its swap slot has it. Looks, and changes nothing. */
function wordAt({ arena, base }: Machine, mm: Mm, page: number): number {
  const at = contentsAt(arena, mm, base + page);
  return at < 0 ? 0 : (arena.frames[at] as number) >>> 0;
}

/** Every page of a process that is still there holds what it may. */
function checkEnds(machine: Machine, values: Allowed | null): Finding[] {
  const { arena } = machine;
  return [...(values?.ends ?? [])].flatMap(([place, allowedThere]) => {
    const [worker, page] = place.split(' ').map(Number) as [number, number];
    const process = processNamed(arena, worker);
    if (process === 0) return [];
    const found = wordAt(machine, mmOf(arena, process), page);
    if (allowedThere.has(found)) return [];
    const whose = worker === 0 ? '' : ` of process ${worker}`;
    const message = `page ${page}${whose} holds ${found} at the end, allowed: ${[...allowedThere].join(', ')}`;
    return [{ rule: 'I-DATA', message }];
  });
}

/** What the program says about the end. */
function checkAsked(machine: Machine, ends: readonly Ending[]): Finding[] {
  const { arena } = machine;
  return ends.flatMap(({ operation, values }) => {
    const process = processNamed(arena, operation.worker);
    if (process === 0) return [];
    const first = pageOf(addressAt(operation, 0));
    const mm = mmOf(arena, process);
    const found = Array.from({ length: numberAt(operation, 1) }, (_, i) => wordAt(machine, mm, first + i)).join(',');
    if (values.includes(found)) return [];
    return [{ rule: 'I-DATA', message: `'${operation.text}' finds ${found} at the end, which should be ${values.join(' or ')}` }];
  });
}
