/** The thread of a column: waits for the round, does its operations, and is the referee when it comes to the end last. */
import { type Arena, attachArena } from '../../arena/arena.ts';
import { Header } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { driverWatch } from '../../oracles/driverWatch.ts';
import type { Finding } from '../../oracles/finding.ts';
import { answerText } from '../../programs/answerText.ts';
import type { Machine } from '../../programs/machine.ts';
import { perform } from '../../programs/perform.ts';
import { type Program, parseProgram } from '../../programs/program.ts';
import { checkAsked, checkEnds, checkMachine, tornDown } from '../../scenarios/programs/atRest.ts';
import { type Expected, judge } from '../../scenarios/programs/judge.ts';
import { expectedOf } from '../../scenarios/programs/known.ts';
import { caseNow, noteOver } from '../../scenarios/programs/orderOfTime.ts';
import { setPause } from '../../steps/pause.ts';
import { Point, points } from '../../steps/points.ts';
import { run } from '../../steps/steps.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { sleepThread } from '../../sync/sleep.ts';
import { Task } from '../../sync/task.ts';
import { Aborted, parkAlone, parkThread } from '../../sync/wait.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import { type RandomStream, randomStream } from '../../workload/random.ts';
import { Control } from './control.ts';
import type { ColumnJob, ColumnReport } from './job.ts';
import type { RoundsViolation } from './types.ts';

/** Points that a violation shows. */
const RECENT = 16;
/**
 * In every second round a column stands still at one of its points, wherever that is, so that the others come by: threads that get no
 * cores of their own would meet nobody else (engines/race/shaking.ts). It is a moment, in which the others may do all they have to.
 */
const ONE_IN = 2;
const LONGEST_NAP_MS = 0.3;

class ColumnThread {
  readonly #job: ColumnJob;
  readonly #arena: Arena;
  readonly #machine: Machine;
  readonly #program: Program;
  readonly #control: Control;
  readonly #task: Task;
  readonly #expected: readonly Expected[];
  readonly #answers: readonly Map<string, number>[];
  readonly #random: RandomStream;
  #recent: number[] = [];
  #operation = '';
  /** Points passed in this round; the one at which the column stands still for a moment, 0 for none. */
  #passed = 0;
  #napAt = 0;

  constructor(job: ColumnJob, machine: Machine) {
    this.#job = job;
    this.#machine = machine;
    this.#arena = machine.arena;
    this.#program = parseProgram(job.program);
    this.#control = new Control(this.#program.columns.length, job.words, job.pairs);
    this.#random = randomStream(job.seed, job.column);
    this.#task = new Task(machine.arena, job.column, {
      park: parkThread,
      sleep: sleepThread,
      random: this.#random.below,
      watch: driverWatch,
    });
    this.#expected = expectedOf(this.#program, job.known, machine)[job.column] ?? [];
    this.#answers = this.#expected.map(() => new Map<string, number>());
  }

  readonly #hook = (point: number): void => {
    if (this.#recent.push(point) > 4 * RECENT) this.#recent = this.#recent.slice(-RECENT);
    this.#control.passes(this.#job.column, point);
    // A stop ends it.
    if (++this.#passed === this.#napAt) Atomics.wait(this.#arena.words, Header.stop, 0, LONGEST_NAP_MS * this.#random.unit());
  };

  /** All rounds. */
  run(): ColumnReport {
    let violation: RoundsViolation | null = null;
    setPause(this.#hook);
    try {
      this.#rounds();
    } catch (error) {
      if (!(error instanceof Aborted)) violation = this.#violation(error);
      this.#control.fail();
    } finally {
      setPause(null);
    }
    return { violation, answers: this.#answers.map((counts) => Object.fromEntries(counts)) };
  }

  #rounds(): void {
    const control = this.#control;
    for (let round = control.round; ; round = control.round) {
      // Nothing before the first round: whoever is the last opens it.
      if (control.arrive()) this.#referee(round);
      if (!control.next(round)) return;
      this.#round();
    }
  }

  /** The operations, some time after the others have begun theirs: each alignment comes up. */
  #round(): void {
    const control = this.#control;
    const { column } = this.#job;
    this.#napAt = this.#random.below(ONE_IN) === 0 ? 1 + this.#random.below(Math.max(1, this.#passed)) : 0;
    this.#passed = 0;
    const late = this.#random.below(2) === 0 ? 0 : this.#random.unit() * control.othersNs(column);
    const from = performance.now() + late / 1e6;
    while (performance.now() < from);
    const began = performance.now();
    for (const [place, expected] of this.#expected.entries()) {
      control.at(column, place + 1);
      this.#operation = expected.operation.text;
      // An operation may have no point at all: that it begins and ends is seen.
      this.#hook(Point.call);
      const { byTime } = expected;
      const over = byTime === null ? undefined : caseNow(this.#arena, byTime);
      const answer = run(perform(this.#task, this.#machine, expected.operation));
      noteOver(this.#task);
      this.#hook(Point.call);
      const text = answerText(answer);
      const counts = this.#answers[place] as Map<string, number>;
      counts.set(text, (counts.get(text) ?? 0) + 1);
      judge(expected, answer, over);
    }
    control.at(column, 0);
    this.#operation = '';
    control.tookNs(column, 1e6 * (performance.now() - began));
  }

  /** Everybody stands still: looks at the machine, takes it down, and sets it up again as it was. */
  #referee(round: number): void {
    if (round > 0) {
      this.#control.count();
      // Its own points are none of the race.
      setPause(null);
      this.#check();
      setPause(this.#hook);
    }
    this.#arena.words.set(new Int32Array(this.#job.before.words));
    this.#arena.frames.set(new Int32Array(this.#job.before.frames));
    this.#control.open();
  }

  /** @throws Violation for the first thing that is wrong. */
  #check(): void {
    const machine = this.#machine;
    const { ends, columns } = this.#program;
    const found =
      first(checkMachine(machine)) ??
      first(checkEnds(machine, this.#job.known.allowed)) ??
      first(checkAsked(machine, ends)) ??
      first(tornDown(machine, new Task(this.#arena, columns.length, { park: parkAlone })));
    if (found !== null) throw new Violation(found.rule, found.message);
  }

  #violation(error: unknown): RoundsViolation {
    const isBroken = error instanceof Violation;
    const text = error instanceof Error ? error.message : String(error);
    return {
      rule: isBroken ? error.rule : 'I-CRASH',
      message: isBroken ? error.detail : text,
      actor: this.#operation === '' ? 'check' : (this.#program.columns[this.#job.column]?.actor ?? ''),
      operation: this.#operation,
      points: this.#operation === '' ? [] : this.#recent.slice(-RECENT).map((point) => points[point]?.name ?? '?'),
      held: this.#operation === '' ? [] : heldLocks(this.#arena, this.#task.actor),
    };
  }
}

const first = ([finding]: readonly Finding[]): Finding | null => finding ?? null;

/** Runs the column to the end of the race. A violation comes back as data, and ends it for all. */
export async function raceColumn(job: ColumnJob): Promise<ColumnReport> {
  const driver = await importDriver(job.driver);
  registerDriver(driver, job.parts.driverId);
  return new ColumnThread(job, { ...job.parts, arena: attachArena(job.buffers), driver }).run();
}
