/**
 * The atomicity audit: is each step really one that no other actor can come between?
 *
 * An explorer lets another actor run only at points. So two accesses of one step that others disturb hide interleavings, unless
 * a point stands between them. The audit runs a scenario at random and stops steps in their middle: between two accesses to
 * words that others touch as well. Others go on meanwhile, as the locks let them. If what they did fits neither before nor after
 * the step, the step is none, and is reported with the lines of both accesses.
 */
import { Violation } from '../../../arena/violation.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { points } from '../../../steps/points.ts';
import { placesIn } from '../failure/source.ts';
import { Xorshift } from '../sampling/scheduler.ts';
import { Machine } from './machine.ts';
import { type Circle, type Foreign, Split } from './split.ts';
import type { Access, How, StepLog } from './stepLog.ts';
import { nameOfWord } from './words.ts';

export interface AuditedAccess {
  readonly actor: string;
  readonly how: How;
  readonly field: string;
  /** Lock that the declaration of the field names. */
  readonly lock: string | null;
  /** File, line and function; null if it cannot be told. */
  readonly site: string | null;
}

/** A step that is none. */
export interface AuditFinding {
  /** The two fields and the point, independent of lines and functions: `subscriptions.lock + mm.flags at lock`. */
  readonly key: string;
  readonly actor: string;
  readonly from: string;
  readonly to: string;
  readonly first: AuditedAccess;
  readonly second: AuditedAccess;
  /** Comes after the first. */
  readonly after: AuditedAccess;
  /** Comes before the second. */
  readonly before: AuditedAccess;
}

export interface AuditOptions {
  readonly executions: number;
  readonly seed: number;
  /** Asked between executions: is it enough? Default: no. */
  readonly enough?: () => boolean;
}

export interface AuditResult {
  readonly scenario: string;
  readonly executions: number;
  /** Steps that were stopped in their middle while others went on. */
  readonly splits: number;
  /** Executions that came to an early end because a rule broke, and the first such rule's sentence. */
  readonly broken: number;
  readonly breaks: string | null;
  /** One for each key, as met first. */
  readonly findings: readonly AuditFinding[];
}

/** Callers that are shown of an access: helpers such as `pageFlags` say little alone. */
const PLACES = 2;

/** Longest execution; most do not come near. */
const MOST_STEPS = 4000;

/** Executions from which it is learnt which words are shared, before the first step is stopped. */
const LEARNING = 10;

/** Steps that others make while one is stopped: mostly few, sometimes until they wait. */
const [FEW, MANY] = [4, 300];

const pointName = (at: number): string => points[at]?.name ?? 'end';

/** A step that was stopped, as it can be made again: in which step of the schedule, before which access, and who ran. */
interface Stop {
  readonly step: number;
  readonly access: number;
  readonly others: number[];
}

interface Made {
  readonly schedule: number[];
  readonly stops: Stop[];
}

/** Who touches a word, by actors' bits. */
class Touched {
  readonly #readers = new Map<number, number>();
  readonly #writers = new Map<number, number>();

  add({ actor, accesses }: StepLog): void {
    for (const { word, how } of accesses) {
      const by = how === 'read' ? this.#readers : this.#writers;
      by.set(word, (by.get(word) ?? 0) | (1 << actor));
    }
  }

  /** Does another actor touch the word, and one of them write it? */
  isContested(word: number, actor: number): boolean {
    const writers = this.#writers.get(word) ?? 0;
    const others = (writers | (this.#readers.get(word) ?? 0)) & ~(1 << actor);
    return writers !== 0 && others !== 0;
  }
}

class Audit {
  readonly #random: Xorshift;
  readonly #machine: Machine;
  readonly #touched = new Touched();
  splits = 0;
  broken = 0;
  breaks: string | null = null;
  #learning = true;
  #keepStacks = false;
  /** The execution that is made, and the one that is made again. */
  #made: Made = { schedule: [], stops: [] };
  #again: Made | null = null;
  #split: Split | null = null;
  /** Accesses made, and others stopped at, in the step under way. */
  #accesses = 0;
  #top: StepLog | null = null;
  /** Where it began. */
  #from = 0;
  readonly #known = new Set<string>();

  constructor(scenario: Scenario, seed: number) {
    this.#random = new Xorshift(seed);
    this.#machine = new Machine(scenario, {
      beforeAccess: (step, word) => this.#beforeAccess(step, word),
      keepStacks: () => this.#keepStacks,
    });
  }

  /** One execution at random. What shows that a step is none; then it ends there. */
  execution(learning: boolean): AuditFinding | null {
    this.#learning = learning;
    this.#made = { schedule: [], stops: [] };
    const circle = this.#machine.during(() => this.#run());
    if (circle === null) {
      const { failed } = this.#machine;
      if (failed === null) return null;
      this.broken++;
      this.breaks ??= failed instanceof Violation ? `rule ${failed.rule}: ${failed.detail}` : String(failed);
      return null;
    }
    const key = this.#keyOf(circle);
    if (this.#known.has(key)) return null;
    this.#known.add(key);
    return this.#machine.during(() => this.#describe());
  }

  #keyOf({ first, second }: Circle): string {
    const [one, other] = [first, second].map(({ word }) => nameOfWord(this.#machine.arena, word).field);
    return `${one} + ${other} at ${pointName(this.#from)}`;
  }

  #run(): Circle | null {
    const machine = this.#machine;
    const random = this.#random;
    const patience = [2, 10, 50][random.below(3)] as number;
    let current = -1;
    machine.begin();
    while (machine.failed === null && this.#made.schedule.length < MOST_STEPS) {
      const runnable = machine.runnable();
      if (runnable.length === 0) break;
      if (!runnable.includes(current) || random.below(patience) === 0)
        current = runnable[random.below(runnable.length)] as number;
      const circle = this.#oneStep(current);
      if (circle !== null) return circle;
    }
    return null;
  }

  #oneStep(actor: number): Circle | null {
    this.#split = null;
    this.#top = null;
    this.#accesses = 0;
    this.#from = this.#machine.at[actor] as number;
    const step = this.#machine.step(actor);
    this.#made.schedule.push(actor);
    this.#touched.add(step);
    return this.#split === null ? null : (this.#split as Split).circle();
  }

  #beforeAccess(step: StepLog, word: number): void {
    this.#top ??= step;
    if (this.#top !== step) return;
    const access = this.#accesses++;
    if (this.#split !== null || this.#machine.failed !== null) return;
    const others = this.#again === null ? this.#toRun(step, word) : this.#stopAgain(access);
    if (others === null) return;
    const split = new Split(step, this.#machine.lockWords);
    this.#split = split;
    this.splits++;
    const made: number[] = [];
    for (let other = others(); other !== -1 && this.#machine.failed === null; other = others()) {
      made.push(other);
      const theirs = this.#machine.step(other);
      this.#touched.add(theirs);
      split.onStep(theirs);
    }
    this.#made.stops.push({ step: this.#made.schedule.length, access, others: made });
  }

  /** Who runs while the step is stopped here, one after another, then -1; null to go on. */
  #toRun(step: StepLog, word: number): (() => number) | null {
    const isOpen = ({ word: earlier, forgotten, role }: Access): boolean =>
      !forgotten && role !== 'takes' && this.#touched.isContested(earlier, step.actor);
    if (this.#learning || !this.#touched.isContested(word, step.actor) || !step.accesses.some(isOpen)) return null;
    const random = this.#random;
    if (random.below(3) === 0) return null;
    let left = 1 + random.below(random.below(3) === 0 ? FEW : MANY);
    let current = -1;
    return () => {
      const runnable = this.#machine.runnable();
      if (left-- === 0 || runnable.length === 0) return -1;
      if (!runnable.includes(current) || random.below(40) === 0) current = runnable[random.below(runnable.length)] as number;
      return current;
    };
  }

  #stopAgain(access: number): (() => number) | null {
    const stop = this.#again?.stops.find((one) => one.step === this.#made.schedule.length && one.access === access);
    if (stop === undefined) return null;
    let i = 0;
    return () => stop.others[i++] ?? -1;
  }

  /** Makes the execution again, with a stack at each access of its last step. */
  #describe(): AuditFinding | null {
    const machine = this.#machine;
    const again = this.#made;
    this.#again = again;
    this.#made = { schedule: [], stops: [] };
    machine.begin();
    let circle: Circle | null = null;
    for (const [i, actor] of again.schedule.entries()) {
      this.#keepStacks = i === again.schedule.length - 1;
      circle = this.#oneStep(actor);
    }
    this.#again = null;
    this.#keepStacks = false;
    const actor = again.schedule.at(-1) as number;
    return circle === null ? null : this.#finding(circle, actor);
  }

  #finding(circle: Circle, actor: number): AuditFinding {
    const shown = ({ actor: who, access }: Foreign): AuditedAccess => {
      const { field, lock = null } = nameOfWord(this.#machine.arena, access.word);
      const places = placesIn(access.trace?.stack ?? '', PLACES).filter(
        (place, i) => i === 0 || !place.startsWith('src/scenarios/'),
      );
      return {
        actor: this.#machine.nameOf(who),
        how: access.how,
        field,
        lock,
        site: places.length === 0 ? null : places.join(' in '),
      };
    };
    return {
      key: this.#keyOf(circle),
      actor: this.#machine.nameOf(actor),
      from: pointName(this.#from),
      to: pointName(this.#machine.at[actor] as number),
      first: shown({ actor, access: circle.first }),
      after: shown(circle.after),
      before: shown(circle.before),
      second: shown({ actor, access: circle.second }),
    };
  }
}

/** Audits a scenario: so many executions at random. */
export function audit(scenario: Scenario, { executions, seed, enough = () => false }: AuditOptions): AuditResult {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  try {
    const run = new Audit(scenario, seed);
    const findings = new Map<string, AuditFinding>();
    let made = 0;
    for (; made < executions && !enough(); made++) {
      const found = run.execution(made < LEARNING);
      if (found !== null && !findings.has(found.key)) findings.set(found.key, found);
    }
    const { splits, broken, breaks } = run;
    return { scenario: scenario.name, executions: made, splits, broken, breaks, findings: [...findings.values()] };
  } finally {
    Error.stackTraceLimit = limit;
  }
}
