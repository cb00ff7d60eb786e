/** Scenarios of the race windows, each as a plan: a small machine, what is done before, who does what, what must hold at the end. */
import type { Driver } from '../../drivers/base/driver.ts';
import { type DriverSettings, optionWords } from '../../drivers/base/options.ts';
import { UsageError } from '../../input/usageError.ts';
import type { Finding } from '../../oracles/finding.ts';
import { Point } from '../../steps/points.ts';
import { type Cover, coversDefect } from './covers.ts';
import type { Operation } from './operations.ts';
import type { Scenario, Script } from './scenario.ts';
import { endSetup, type SmallMachine, type SmallOptions, smallMachine } from './smallMachine.ts';

/** For `mayUndo`: two that take a page from each other. */
export const pingPong =
  'the kernel does not promise that somebody who takes a page from another one gets to use it before it is taken back';

export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly windows: string;
  readonly machine?: Omit<SmallOptions, 'actors'>;
  /** Steps after which an execution counts as endless; see Scenario. */
  readonly stepLimit?: number;
  /** Why actors may undo each other's work for ever; see Scenario. */
  readonly mayUndo?: string;
  /** The device must be able to do atomics. */
  readonly atomics?: boolean;
  /** The device must have memory of its own. */
  readonly memory?: boolean;
  /** The device must have a page table of its own, which is filled by range faults. */
  readonly mirrored?: boolean;
  /** Options of a driver, any of which makes it pointless: nothing of what it is there for can happen then. */
  readonly unless?: DriverSettings;
  /** Before the actors begin. A number it returns, such as a child's address, is handed to `actors`. */
  readonly setup?: (m: SmallMachine) => unknown;
  /** Who does what, by name. Called once with no machine, for the names: the operations look at it when they run. */
  readonly actors: (m: SmallMachine, made: number) => Readonly<Record<string, readonly Operation[]>>;
  /** What must hold at the end beside the oracles. */
  readonly check?: (m: SmallMachine) => Finding[];
  /** What it is there for: a finished search that never reached one of them is `vacuous`. */
  readonly covers?: readonly Cover<[m: SmallMachine]>[];
}

/** A device fault that moves what it asks for to the device first leaves nothing for a range fault to do. */
export const MOVES_FIRST: DriverSettings = { migrateDevmem: 'on', migrateOnFault: 'on' };

/** A plan of the user's: the default export of a scenario module, or what that returns for the driver settings that were chosen. */
export type UserPlan = Omit<Plan, 'name' | 'title' | 'windows' | 'unless'> & { readonly title?: string };

/**
 * Nothing of an operation happens before its first point: when it begins is up to the scheduler, too. The same operation given to
 * several actors stays the same: they are interchangeable then.
 */
function caller(): (operation: Operation) => Operation {
  const known = new Map<Operation, Operation>();
  return (operation) => {
    const before = known.get(operation);
    if (before !== undefined) return before;
    const called: Operation = function* (task) {
      yield Point.call;
      return yield* operation(task);
    };
    known.set(operation, called);
    return called;
  };
}

function takes(driver: Driver, settings: DriverSettings): boolean {
  try {
    optionWords(driver, settings);
    return true;
  } catch {
    return false;
  }
}

/** Why a plan cannot be played with a driver in place of its own, in a sentence; null when it can. */
export function misfit({ name, machine, atomics, memory, mirrored }: Plan, driver: Driver, shown = driver.name): string | null {
  if (machine?.driver !== undefined) return `scenario ${name} is written for ${machine.driver.name}, not for '${shown}'`;
  if (atomics === true && driver.atomics === false)
    return `scenario ${name} is about atomics, and a device of '${shown}' has none`;
  if (memory === true && driver.memory === false)
    return `scenario ${name} is about device memory, and a device of '${shown}' has none`;
  if (mirrored === true && driver.walk !== undefined)
    return `scenario ${name} is about a page table of the device, and a device of '${shown}' has none`;
  const odd = Object.entries(machine?.settings ?? {}).find(([option, value]) => !takes(driver, { [option]: value }));
  return odd === undefined ? null : `scenario ${name} needs a driver with the option ${odd.join('=')}, and '${shown}' has none`;
}

/**
 * `driver` takes the place of the in-tree test driver; then the scenario is `NAME@DRIVER`, with the driver's name as it is `shown`.
 *
 * @throws UsageError when the plan cannot be played with it.
 */
export function scenarioOf(plan: Plan, settings: DriverSettings = {}, driver?: Driver, shown = driver?.name): Scenario {
  const { name, title, windows, machine, stepLimit, mayUndo, setup, actors, check, covers = [], unless = {} } = plan;
  const why = driver === undefined || driver === machine?.driver ? null : misfit(plan, driver, shown);
  if (why !== null) throw new UsageError(why);
  const isOwn = driver === undefined || driver === machine?.driver;
  const own = isOwn ? {} : { driver };
  return {
    name: isOwn ? name : `${name}@${shown}`,
    title,
    windows,
    ...(stepLimit === undefined ? {} : { stepLimit }),
    ...(mayUndo === undefined ? {} : { mayUndo }),
    prepare() {
      const pointless = Object.entries(unless).find(([option, value]) => settings[option] === value);
      if (pointless !== undefined) throw new UsageError(`scenario ${name} shows nothing of a device with ${pointless.join('=')}`);
      const names = Object.keys(actors({} as SmallMachine, 0));
      const defect = coversDefect(covers, names);
      if (defect !== null) throw new UsageError(`scenario ${name}: ${defect}`);
      const m = smallMachine({ actors: names.length, ...machine, ...own, settings: { ...machine?.settings, ...settings } });
      const made = setup?.(m);
      endSetup(m);
      const called = caller();
      const scripts: Script[] = Object.entries(actors(m, typeof made === 'number' ? made : 0)).map(([actor, operations]) => ({
        name: actor,
        operations: operations.map(called),
      }));
      const invariants = m.check;
      const whole = () => [...invariants(), ...(check?.(m) ?? [])];
      return {
        arena: m.arena,
        actors: scripts,
        driver: m.driver.name,
        check: whole,
        invariants,
        covers: covers.map((cover) => ('end' in cover ? { ...cover, end: () => cover.end(m) } : cover)),
      };
    },
  };
}
