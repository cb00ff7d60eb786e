/** A scenario of the user's: what a module must export, and what its code may do wrong, each said in a sentence. */

import { Violation } from '../../../arena/violation.ts';
import type { Driver } from '../../../drivers/base/driver.ts';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { driverDefect, wholeDriver } from '../../../drivers/base/userDriver.ts';
import { DEFAULT_DRIVER } from '../../../drivers/names.ts';
import { boundsText, isWithin } from '../../../input/bounds.ts';
import { UsageError } from '../../../input/usageError.ts';
import type { Finding } from '../../../oracles/finding.ts';
import type { Cover, EndCover } from '../../../scenarios/kit/covers.ts';
import type { Operation } from '../../../scenarios/kit/operations.ts';
import { type Plan, scenarioOf, type UserPlan } from '../../../scenarios/kit/plan.ts';
import type { Prepared, Scenario } from '../../../scenarios/kit/scenario.ts';
import type { SmallMachine, SmallOptions } from '../../../scenarios/kit/smallMachine.ts';
import { points } from '../../../steps/points.ts';
import type { Steps } from '../../../steps/steps.ts';
import type { Task } from '../../../sync/task.ts';
import { reason } from './reason.ts';

/** What is known of a value that should be a `T`. */
type Doubtful<T> = { readonly [key in keyof T]?: unknown };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const machineKeys = ['pages', 'devices', 'deviceMemory', 'hugePages', 'coherent', 'swapSlots', 'memoryMax', 'driver', 'settings'];
/** Most of each; the machine is made for a few pages, so that a search comes to its end. */
const most: Readonly<Record<string, number>> = {
  pages: 64,
  devices: 4,
  deviceMemory: 64,
  hugePages: 8,
  swapSlots: 64,
  memoryMax: 64,
};
/** The same where there are huge pages: room for several, side by side. */
const mostOfHuge: typeof most = { ...most, pages: 1024, deviceMemory: 1024 };

function machineDefect(given: unknown): string | null {
  if (!isObject(given)) return 'its machine is not an object';
  const odd = Object.keys(given).find((key) => !machineKeys.includes(key));
  if (odd !== undefined) return `its machine has '${odd}', allowed are ${machineKeys.join(', ')}`;
  const { hugePages = 0, coherent = false } = given;
  // The first one is the huge zero page.
  if (hugePages === 1) return 'its machine.hugePages is 1, which is the huge zero page: 0 or at least 2 are needed';
  if (typeof coherent !== 'boolean') return `its machine.coherent is ${String(coherent)}, allowed are true and false`;
  for (const [key, limit] of Object.entries(hugePages === 0 ? most : mostOfHuge)) {
    const least = key === 'pages' ? 1 : 0;
    const value = given[key] ?? least;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > limit)
      return `its machine.${key} is ${String(value)}, allowed is a whole number from ${least} to ${limit}`;
  }
  const machine: Doubtful<SmallOptions> = given;
  if (machine.settings !== undefined && !isObject(machine.settings)) return 'its machine.settings is not an object';
  const defect = machine.driver === undefined ? null : driverDefect(machine.driver);
  return defect === null ? null : `its machine.driver is no driver: ${defect}`;
}

/** Steps after which an execution may count as endless. */
const stepLimits = { kind: 'whole', min: 1, max: 2_000_000 } as const;

/** Why an export is no plan, null when it is one. */
function planDefect(given: unknown): string | null {
  if (!isObject(given)) return 'its default export is neither an object nor a function that returns one';
  const plan: Doubtful<UserPlan> = given;
  if (typeof plan.actors !== 'function') return 'it has no function actors';
  for (const name of ['setup', 'check'])
    if (given[name] !== undefined && typeof given[name] !== 'function') return `its ${name} is not a function`;
  const { stepLimit = 1 } = plan;
  if (!isWithin(stepLimits, stepLimit)) return `its stepLimit is ${String(stepLimit)}, allowed is ${boundsText(stepLimits)}`;
  if (plan.covers !== undefined && !Array.isArray(plan.covers)) return 'its covers are no list';
  return plan.machine === undefined ? null : machineDefect(plan.machine);
}

function scriptsDefect(scripts: unknown): string | null {
  if (!isObject(scripts) || Array.isArray(scripts)) return 'actors does not return an object';
  const names = Object.keys(scripts);
  if (names.length === 0) return 'it has no actors';
  const odd = names.find((name) => !/^[A-Za-z]\w*$/.test(name));
  if (odd !== undefined) return `an actor is called '${odd}', allowed are letters, digits and _`;
  const wrong = names.find((name) => {
    const operations = scripts[name];
    return !Array.isArray(operations) || operations.length === 0 || operations.some((one) => typeof one !== 'function');
  });
  return wrong === undefined ? null : `the operations of ${wrong} are no list of functions`;
}

/**
 * An operation of which each step is looked at: it must be a generator that yields points. It stays the user's own generator, so that
 * it is known what its variables are (steps/frames.ts).
 */
const checked =
  (operation: Operation, actor: string, number: number): Operation =>
  (task: Task): Steps<unknown> => {
    const what = `operation ${number + 1} of ${actor}`;
    const steps = operation(task) as Steps<unknown> | undefined;
    if (typeof steps?.next !== 'function') throw new UsageError(`${what} is not a generator function, and returns none`);
    const next = steps.next.bind(steps);
    steps.next = () => {
      const result = next();
      if (result.done !== true && points[result.value] === undefined)
        throw new UsageError(`${what} yields ${String(result.value)}, which is no point`);
      return result;
    };
    return steps;
  };

const isFindings = (value: unknown): value is Finding[] =>
  Array.isArray(value) && value.every((one) => typeof one?.rule === 'string' && typeof one?.message === 'string');

/** A cover whose predicate, if it has one, says in a sentence what goes wrong in it. */
function guardedCover<C extends Cover<[m: SmallMachine]>>(cover: C, name: string): C {
  if (!isObject(cover) || !('end' in cover) || typeof cover.end !== 'function') return cover;
  const { end, what } = cover as EndCover<[m: SmallMachine]>;
  return {
    ...cover,
    end(m: SmallMachine) {
      try {
        return end(m);
      } catch (error) {
        throw new UsageError(`the cover '${what}' of ${name} throws: ${reason(error)}`, { cause: error });
      }
    },
  };
}

function withWholeDriver(plan: UserPlan): UserPlan {
  const { machine } = plan;
  return machine?.driver === undefined ? plan : { ...plan, machine: { ...machine, driver: wholeDriver(machine.driver) } };
}

/** The plan, with what the user's code does wrong said in a sentence. */
function guarded(plan: UserPlan, name: string): UserPlan {
  return {
    ...plan,
    ...(plan.covers === undefined ? {} : { covers: plan.covers.map((cover) => guardedCover(cover, name)) }),
    actors(m: SmallMachine, made: number) {
      const scripts: unknown = plan.actors(m, made);
      const defect = scriptsDefect(scripts);
      if (defect !== null) throw new UsageError(defect);
      return Object.fromEntries(
        Object.entries(scripts as Record<string, Operation[]>).map(([actor, operations]) => [
          actor,
          operations.map((operation, i) => checked(operation, actor, i)),
        ]),
      );
    },
    check(m: SmallMachine) {
      let findings: unknown;
      try {
        findings = plan.check?.(m) ?? [];
      } catch (error) {
        if (error instanceof Violation) return [{ rule: error.rule, message: error.detail }];
        throw new UsageError(`the check of ${name} throws: ${reason(error)}`, { cause: error });
      }
      if (!isFindings(findings)) throw new UsageError(`the check of ${name} returns no list of { rule, message }`);
      return findings;
    },
  };
}

/** A driver in place of the scenario's own, and how it is called. */
export interface Replacement {
  readonly driver: Driver;
  readonly shown: string;
}

/**
 * A scenario of the user's out of what a module exports, played with `asked` in place of its driver; where that is the name of the
 * driver it has, nothing changes.
 *
 * @throws UsageError when it is no scenario, or the driver does not fit it.
 */
export function userScenario(
  exported: unknown,
  { name, settings, sources }: { readonly name: string; readonly settings: DriverSettings; readonly sources: string },
  asked: string | undefined,
  replacement: Replacement | null,
): Scenario {
  const attempt = <T>(what: string, use: () => T): T => {
    try {
      return use();
    } catch (error) {
      throw new UsageError(`scenario module '${name}' ${what}: ${reason(error)}`, { cause: error });
    }
  };
  const given = typeof exported === 'function' ? attempt('makes no scenario', () => exported(settings)) : exported;
  const defect = planDefect(given);
  if (defect !== null) throw new UsageError(`scenario module '${name}' is no scenario: ${defect}`);
  const { title = name } = given as UserPlan;
  const plan: Plan = { ...guarded(withWholeDriver(given as UserPlan), name), name, title, windows: '' };
  const own = plan.machine?.driver;
  if (own !== undefined && asked !== undefined && asked !== own.name)
    throw new UsageError(`scenario ${name} is written for ${own.name}, not for '${asked}'`);
  if (own === undefined && replacement === null && asked !== undefined && asked !== DEFAULT_DRIVER)
    throw new UsageError(`scenario ${name} has no driver of its own, and there is none of the lab called '${asked}'`);
  const scenario =
    own !== undefined || replacement === null
      ? scenarioOf(plan, settings)
      : scenarioOf(plan, settings, replacement.driver, replacement.shown);
  return { ...scenario, sources, prepare: (): Prepared => attempt('cannot be set up', scenario.prepare) };
}
