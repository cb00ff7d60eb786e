/** Scenarios by name, or by the path of a module of the user's. A module is loaded and run in threads that are watched. */
import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Violation } from '../../../arena/violation.ts';
import { driverDefect } from '../../../drivers/driver.ts';
import type { DriverSettings } from '../../../drivers/options.ts';
import { importUserModule, sourcesOf } from '../../../drivers/userModule.ts';
import { UsageError } from '../../../input/usageError.ts';
import type { Finding } from '../../../oracles/finding.ts';
import type { Cover, EndCover } from '../../../scenarios/covers.ts';
import type { Operation } from '../../../scenarios/operations.ts';
import { scenarioOf, type UserPlan } from '../../../scenarios/plan.ts';
import type { Prepared, Scenario } from '../../../scenarios/scenario.ts';
import type { SmallMachine, SmallOptions } from '../../../scenarios/smallMachine.ts';
import { splitName, without } from '../../../scenarios/without.ts';
import { points } from '../../../steps/points.ts';
import type { Steps } from '../../../steps/steps.ts';
import type { Task } from '../../../sync/task.ts';
import { nameWith, scenarioNamed } from './catalogue.ts';

/** Does it say where a module is, and not what a scenario of the catalogue is called? */
export const isModule = (name: string): boolean => name.startsWith('file:') || name.includes('/') || /\.m?js$/.test(name);

function fileOf(name: string): string {
  try {
    return name.startsWith('file:') ? fileURLToPath(name) : resolve(name);
  } catch (error) {
    throw new UsageError(`scenario module '${name}' is no file: ${reason(error)}`, { cause: error });
  }
}

/** How a module is named in results and tokens: from the current directory if it lies below it, so that a token may travel. */
export function shownName(name: string): string {
  const file = fileOf(name);
  const way = relative(process.cwd(), file);
  return way.startsWith('..') || isAbsolute(way) ? file : `./${way.split(sep).join('/')}`;
}

function reason(error: unknown): string {
  if (error instanceof Violation) return `rule ${error.rule} is broken: ${error.detail}`;
  const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return why;
}

/** Hash of what a scenario is made of; empty for one of the catalogue. Runs nothing. @throws UsageError when the file is gone. */
export async function scenarioSources(name: string): Promise<string> {
  const { base } = splitName(name);
  if (!isModule(base)) return '';
  const file = fileOf(base);
  if (!existsSync(file)) throw new UsageError(`the scenario is the module '${name}', and there is no such file here`);
  try {
    return await sourcesOf(pathToFileURL(file));
  } catch (error) {
    throw new UsageError(`scenario module '${name}' does not load: ${reason(error)}`, { cause: error });
  }
}

/** What is known of a value that should be a `T`. */
type Doubtful<T> = { readonly [key in keyof T]?: unknown };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const machineKeys = ['pages', 'devices', 'deviceMemory', 'swapSlots', 'driver', 'settings'];
/** Most of each; the machine is made for a few pages, so that a search comes to its end. */
const most: Readonly<Record<string, number>> = { pages: 64, devices: 4, deviceMemory: 64, swapSlots: 64 };

function machineDefect(given: unknown): string | null {
  if (!isObject(given)) return 'its machine is not an object';
  const odd = Object.keys(given).find((key) => !machineKeys.includes(key));
  if (odd !== undefined) return `its machine has '${odd}', allowed are ${machineKeys.join(', ')}`;
  for (const [key, limit] of Object.entries(most)) {
    const value = given[key] ?? 1;
    const least = key === 'pages' ? 1 : 0;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > limit)
      return `its machine.${key} is ${String(value)}, allowed is a whole number from ${least} to ${limit}`;
  }
  const machine: Doubtful<SmallOptions> = given;
  if (machine.settings !== undefined && !isObject(machine.settings)) return 'its machine.settings is not an object';
  const defect = machine.driver === undefined ? null : driverDefect(machine.driver);
  return defect === null ? null : `its machine.driver is no driver: ${defect}`;
}

/** Why an export is no plan, null when it is one. */
function planDefect(given: unknown): string | null {
  if (!isObject(given)) return 'its default export is neither an object nor a function that returns one';
  const plan: Doubtful<UserPlan> = given;
  if (typeof plan.actors !== 'function') return 'it has no function actors';
  for (const name of ['setup', 'check'])
    if (given[name] !== undefined && typeof given[name] !== 'function') return `its ${name} is not a function`;
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

/** An operation of which each step is looked at: it must be a generator that yields points. */
const checked = (operation: Operation, actor: string, number: number): Operation =>
  function* (task: Task): Steps<unknown> {
    const what = `operation ${number + 1} of ${actor}`;
    const steps = operation(task) as Steps<unknown> | undefined;
    if (typeof steps?.next !== 'function') throw new UsageError(`${what} is not a generator function, and returns none`);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      if (points[value] === undefined) throw new UsageError(`${what} yields ${String(value)}, which is no point`);
      yield value;
    }
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

/** A scenario of the user's out of what a module exports. */
function userScenario(exported: unknown, name: string, settings: DriverSettings, sources: string): Scenario {
  const attempt = <T>(what: string, use: () => T): T => {
    try {
      return use();
    } catch (error) {
      throw new UsageError(`scenario module '${name}' ${what}: ${reason(error)}`, { cause: error });
    }
  };
  const plan = typeof exported === 'function' ? attempt('makes no scenario', () => exported(settings)) : exported;
  const defect = planDefect(plan);
  if (defect !== null) throw new UsageError(`scenario module '${name}' is no scenario: ${defect}`);
  const { title = name } = plan as UserPlan;
  const scenario = scenarioOf({ ...guarded(plan as UserPlan, name), name, title, windows: '' }, settings);
  return { ...scenario, sources, prepare: (): Prepared => attempt('cannot be set up', scenario.prepare) };
}

/**
 * A scenario of the catalogue by its name, with `driver` in place of its own if that can be; or of a module by its path or
 * `file:` URL.
 *
 * @throws UsageError for an unknown name, or for a module that does not load or is no scenario; one sentence each.
 */
export async function loadScenario(name: string, settings: DriverSettings, driver?: string): Promise<Scenario> {
  const { base, left } = splitName(name);
  if (!isModule(base)) return scenarioNamed(nameWith(name, driver), settings);
  const shown = shownName(base);
  const file = fileOf(base);
  if (!existsSync(file)) throw new UsageError(`scenario module '${shown}' does not exist`);
  const { exported, sources } = await importUserModule(pathToFileURL(file)).catch((error: unknown) => {
    throw new UsageError(`scenario module '${shown}' does not load: ${reason(error)}`, { cause: error });
  });
  return without(userScenario(exported, shown, settings, sources), left);
}
