/** A program under virtual time: its columns begin a little apart in each round, and each operation is timed. */
import { store } from '../../arena/access.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import { driverWatch } from '../../oracles/driverWatch.ts';
import type { Answer } from '../../programs/answer.ts';
import { answerText } from '../../programs/answerText.ts';
import type { Machine } from '../../programs/machine.ts';
import { perform } from '../../programs/perform.ts';
import { type Program as HmmProgram, parseProgram } from '../../programs/program.ts';
import { checkAsked, checkEnds, checkMachine, tornDown } from '../../scenarios/programs/atRest.ts';
import { boot } from '../../scenarios/programs/boot.ts';
import { type Expected, judge } from '../../scenarios/programs/judge.ts';
import { checkProgram, expectedOf, type Known, knownOf, setUp } from '../../scenarios/programs/known.ts';
import { caseNow, noteOver } from '../../scenarios/programs/orderOfTime.ts';
import type { Steps } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import type { Program } from '../../workload/program.ts';
import { type RandomStream, randomStream } from '../../workload/random.ts';
import type { Costs } from '../cell/costs.ts';
import { Histogram, type Quantiles } from '../shared/histogram.ts';
import { type Ending, type SimulatedFailure, Simulator } from './simulator.ts';

export interface TimedOptions {
  readonly program: string;
  readonly driver: Driver;
  readonly settings: DriverSettings;
  readonly costs: Costs;
  readonly cpus: number;
  readonly seed: number;
}

/** How long an operation took, and what it answered. */
export interface TimedRow {
  readonly actor: string;
  readonly operation: string;
  /** In a round in which its column has the machine for itself. */
  readonly aloneNs: number;
  readonly meanNs: number;
  readonly quantiles: Quantiles;
  readonly answers: Readonly<Record<string, number>>;
}

/** Steps of a round after which it counts as endless. */
const MOST_STEPS = 5_000_000;

interface Moment {
  readonly words: Int32Array;
  readonly frames: Int32Array;
}

/** One operation as it went, round by round. */
class Timed {
  readonly times = new Histogram();
  readonly answers = new Map<string, number>();
  aloneNs = 0;
  #sum = 0;

  note(ns: number, answer: Answer): void {
    this.times.record(ns);
    this.#sum += ns;
    const text = answerText(answer);
    this.answers.set(text, (this.answers.get(text) ?? 0) + 1);
  }

  get meanNs(): number {
    return this.times.count === 0 ? 0 : this.#sum / this.times.count;
  }
}

/** `over`: the case in which it began (orderOfTime.ts). */
type Note = (ns: number, answer: Answer, over: number | undefined) => void;

const operationOf = (machine: Machine, { operation, byTime }: Expected, note: Note) =>
  function* (task: Task): Steps<void> {
    const began = task.clock();
    const over = byTime === null ? undefined : caseNow(machine.arena, byTime);
    const answer = yield* perform(task, machine, operation);
    noteOver(task);
    note(Math.round(1e6 * (task.clock() - began)), answer, over);
  };

export class TimedProgram {
  readonly #options: TimedOptions;
  readonly #program: HmmProgram;
  readonly #machine: Machine;
  readonly #known: Known;
  readonly #expected: readonly (readonly Expected[])[];
  readonly #timed: readonly (readonly Timed[])[];
  readonly #before: Moment;
  readonly #random: RandomStream;
  readonly #noise: RandomStream;
  /** How long each column takes when nobody else does anything. */
  readonly #aloneNs: readonly number[];
  rounds = 0;
  steps = 0;
  /** Of all rounds together, in nanoseconds: from the first beginning to the last end. */
  #ns = 0;
  failure: SimulatedFailure | null = null;

  /** @throws UsageError when the program cannot be run by several at a time. */
  constructor(options: TimedOptions) {
    this.#options = options;
    this.#program = parseProgram(options.program);
    checkProgram(this.#program);
    const { machine, task } = boot(this.#program, options.driver, options.settings);
    const gone = setUp(this.#program, machine, task);
    this.#machine = machine;
    this.#known = knownOf(this.#program, machine, gone);
    store(machine.arena, task.actor + Actor.state, ActorState.absent);
    this.#expected = expectedOf(this.#program, this.#known, machine);
    this.#timed = this.#expected.map((column) => column.map(() => new Timed()));
    const { words, frames } = machine.arena;
    this.#before = { words: Int32Array.from(words), frames: Int32Array.from(frames) };
    this.#random = randomStream(options.seed, 0);
    this.#noise = randomStream(options.seed, 1);
    this.#aloneNs = this.#expected.map((_, column) => this.#alone(column));
  }

  get errorsKnown(): boolean {
    return this.#known.errors !== null;
  }
  get valuesKnown(): boolean {
    return this.#known.allowed !== null;
  }
  get meanRoundNs(): number {
    return this.rounds === 0 ? 0 : this.#ns / this.rounds;
  }

  get rows(): TimedRow[] {
    return this.#program.columns.flatMap(({ actor, operations }, column) =>
      operations.map(({ text }, place) => {
        const timed = this.#timed[column]?.[place] as Timed;
        const answers = Object.fromEntries(timed.answers);
        const { aloneNs, meanNs } = timed;
        return { actor, operation: text, aloneNs, meanNs, quantiles: timed.times.quantiles(), answers };
      }),
    );
  }

  /** One round, from where the set-up has left the machine. False when a rule broke in it. */
  round(): boolean {
    const columns = this.#program.columns.map((_, column) => this.#columnAt(column));
    const [simulator, ending] = this.#simulated(columns);
    this.rounds++;
    this.steps += simulator.steps;
    this.#ns += simulator.now;
    this.failure = simulator.failure ?? (ending === 'steps' ? this.#endless() : this.#wrong());
    return this.failure === null;
  }

  #simulated(columns: readonly Program[]): readonly [Simulator, Ending] {
    const { arena } = this.#machine;
    arena.words.set(this.#before.words);
    arena.frames.set(this.#before.frames);
    const { costs, cpus } = this.#options;
    const actors = columns.map((program, column) => ({ name: this.#program.columns[column]?.actor ?? '', program }));
    const simulator = new Simulator(arena, actors, { cpus, costs, noise: this.#noise, watch: () => driverWatch });
    const ending = simulator.run(Number.POSITIVE_INFINITY, MOST_STEPS);
    if (ending === 'idle') simulator.drain();
    return [simulator, ending];
  }

  /** The column while the others do nothing: how long it takes. */
  #alone(column: number): number {
    const columns = this.#expected.map((_, other) => this.#columnOf(other === column ? column : -1, 0, this.#noteAlone(column)));
    return this.#simulated(columns)[0].now;
  }

  #noteAlone =
    (column: number) =>
    (place: number, ns: number): void => {
      (this.#timed[column]?.[place] as Timed).aloneNs = ns;
    };

  /** A column as a workload: it begins within the time that the others need, so that each alignment comes up. */
  #columnAt(column: number): Program {
    const span = this.#aloneNs.reduce((sum, ns, other) => (other === column ? sum : sum + ns), 0);
    return this.#columnOf(column, this.#random.unit() * span, (place, ns, answer, over) => {
      this.#timed[column]?.[place]?.note(ns, answer);
      judge(this.#expected[column]?.[place] as Expected, answer, over);
    });
  }

  /** The operations of a column, of none if there is no such column, from a moment on. */
  #columnOf(column: number, from: number, note: (place: number, ...noted: Parameters<Note>) => void): Program {
    const expected = this.#expected[column] ?? [];
    let place = 0;
    return {
      due: () => (place === expected.length ? Number.POSITIVE_INFINITY : place === 0 ? from : 0),
      operation: (task) => {
        const at = place++;
        return operationOf(this.#machine, expected[at] as Expected, (...noted) => note(at, ...noted))(task);
      },
    };
  }

  #endless(): SimulatedFailure {
    return { rule: 'I-PROG', message: `livelock: a round does not end within ${MOST_STEPS} steps`, actor: 'check' };
  }

  /** Everybody is through: the machine, the values, and what is left when it is taken down. */
  #wrong(): SimulatedFailure | null {
    const machine = this.#machine;
    const task = new Task(machine.arena, this.#program.columns.length, { park: parkAlone, clock: () => 0 });
    try {
      const [found] = [
        ...checkMachine(machine),
        ...checkEnds(machine, this.#known.allowed),
        ...checkAsked(machine, this.#program.ends),
        ...tornDown(machine, task),
      ];
      return found === undefined ? null : { ...found, actor: 'check' };
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { rule: error.rule, message: error.detail, actor: 'check' };
    }
  }
}
