/** A program as a scenario for the explorer. */
import { store } from '../../arena/access.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { builtinDriver } from '../../drivers/registry.ts';
import { UsageError } from '../../input/usageError.ts';
import type { Finding } from '../../oracles/finding.ts';
import type { Machine } from '../../programs/machine.ts';
import { type Operation, textAt } from '../../programs/operation.ts';
import { perform } from '../../programs/perform.ts';
import { type Program, parseProgram, programName } from '../../programs/program.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import { type Cover, coversDefect } from '../kit/covers.ts';
import { lasts } from '../kit/lasting.ts';
import { pingPong } from '../kit/plan.ts';
import type { Scenario } from '../kit/scenario.ts';
import { asIf, type RawWords } from './asIf.ts';
import { checkAsked, checkEnds, checkLocked, checkMachine, checkReaped, checkSetUp, tornDown } from './atRest.ts';
import { boot } from './boot.ts';
import { type Expected, judge } from './judge.ts';
import { checkProgram, expectedOf, type Known, knownOf, setUp } from './known.ts';
import { askedFor, caseNow, noteOver } from './orderOfTime.ts';
import { withoutTheBug } from './unchanged.ts';

/** Nothing of an operation happens before its first point: when it begins is up to the scheduler, too. */
const operationOf = (machine: Machine, expected: Expected, isAskedFor: boolean) =>
  function* (task: Task): Steps<void> {
    yield Point.call;
    const { byTime } = expected;
    const over = byTime === null ? undefined : caseNow(machine.arena, byTime);
    judge(expected, yield* perform(task, machine, expected.operation), over);
    if (isAskedFor) noteOver(task);
  };

/**
 * @param driver in place of the in-tree test driver; then the scenario is `PROGRAM@DRIVER`, with the driver's name as it is `shown`.
 * @throws UsageError when the program is none, or cannot be run on the small machine.
 */
export function programScenario(text: string, settings: DriverSettings = {}, driver: Driver = dmirror, shown?: string): Scenario {
  const program = parseProgram(text);
  checkProgram(program);
  const name = programName(program);
  let known: Known | undefined;
  const unchanged = builtinDriver(driver.name) === driver ? withoutTheBug(text, settings, driver.name) : null;
  return {
    name: shown === undefined ? name : `${name}@${shown}`,
    title: 'a program',
    windows: '',
    ...(mayUndo(program) ? { mayUndo: pingPong } : {}),
    prepare() {
      const { machine, task } = boot(program, driver, settings);
      const { arena } = machine;
      const raw = { words: arena.words, frames: arena.frames };
      const gone = setUp(program, machine, task);
      store(arena, task.actor + Actor.state, ActorState.absent);
      known ??= knownOf(program, machine, gone, unchanged);
      const values = known.allowed;
      const asked = known.times === null ? new Set() : askedFor(known.times);
      const actors = expectedOf(program, known, machine).map((expected, column) => ({
        name: program.columns[column]?.actor ?? '',
        operations: expected.map((one) =>
          operationOf(machine, lasts(arena, { ...one, operation: lasts(arena, one.operation) }), asked.has(column)),
        ),
      }));
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
        check: () => {
          const asWas = unchanged === null ? [] : checkSetUp(program, gone, unchanged);
          const found = [
            ...invariants(),
            ...checkEnds(machine, values),
            ...checkAsked(machine, program.ends),
            ...checkLocked(machine, program),
            ...checkReaped(machine),
            ...asWas,
          ];
          return found.length > 0 ? found : leftOver(machine, raw);
        },
        covers,
      };
    },
  };
}

/** What would be left if everything ended here. */
function leftOver(machine: Machine, raw: RawWords): Finding[] {
  const { arena } = machine;
  const task = new Task(arena, arena.config.actors - 1, { park: parkAlone, clock: () => 0 });
  try {
    return asIf(task, raw, () => tornDown(machine, task));
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return [{ rule: error.rule, message: `when everything ends: ${error.detail}` }];
  }
}

/**
 * Does the operation do its work again as often as somebody else has undone it? A device takes a page for itself until it got to use it,
 * and guards are set until no page has come up between them.
 */
const isRedone = (op: Operation): boolean => op.name === 'datomic' || op.name === 'excl' || textAt(op, 2) === GUARD_INSTALL;
const GUARD_INSTALL = '102';

const mayUndo = ({ columns }: Program): boolean =>
  columns.length > 1 && columns.some(({ operations }) => operations.some(isRedone));

const coversOf = ({ reaches }: Program): Cover[] =>
  reaches.map(({ actor, point, while: other }) => ({ actor, point, ...(other === undefined ? {} : { while: other }) }) as Cover);
