/** The threads of an exploration: started together, watched, ended. All that a scenario does is done in them. */
import { Piscina } from 'piscina';
import type { DriverSettings } from '../../../drivers/options.ts';
import { UsageError } from '../../../input/usageError.ts';
import { accepted, type Refusal } from '../../refusal.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { ExploreOptions, ExploreResult } from '../explore.ts';
import type { PassedPoints } from '../failure/passedPoints.ts';
import type { ExploreFailure } from '../failure/report.ts';
import type { Failure } from '../machine/failure.ts';
import { CHECKING, Pulse, SETTING_UP, type Standstill } from '../machine/pulse.ts';
import { Control } from '../plan/control.ts';
import type { Found } from '../plan/exploration.ts';
import type { List } from '../plan/list.ts';
import type { SearchTask, Task, TaskResult } from '../plan/tasks.ts';

/** What a thread can be asked for, and what it answers. */
export interface Answers {
  start: { readonly work: { readonly kind: 'start' }; readonly answer: Started };
  task: { readonly work: { readonly kind: 'task'; readonly task: Task; readonly index: number }; readonly answer: TaskResult };
  /** Which scenarios there are for a driver. */
  list: { readonly work: { readonly kind: 'list'; readonly like?: string | undefined }; readonly answer: List };
  /** Nothing: the thread has started. */
  ready: { readonly work: { readonly kind: 'ready' }; readonly answer: null };
  /** A search of any scenario, on a machine of its own. */
  search: {
    readonly work: {
      readonly kind: 'search';
      readonly scenario: string;
      readonly settings: DriverSettings;
      readonly task: SearchTask;
      readonly index: number;
    };
    readonly answer: TaskResult;
  };
  report: {
    /** `seconds` at most, unless the control says stop before. */
    readonly work: { readonly kind: 'report'; readonly found: Found; readonly options: ExploreOptions; readonly seconds: number };
    readonly answer: ExploreFailure;
  };
  /** Of a schedule that cannot be run to its end. */
  reportStuck: { readonly work: { readonly kind: 'reportStuck'; readonly found: Found }; readonly answer: ExploreFailure };
  replay: { readonly work: { readonly kind: 'replay'; readonly schedule: readonly number[] }; readonly answer: ExploreResult };
  /** Of a schedule in named points, or of a run without preemption. */
  points: { readonly work: { readonly kind: 'points'; readonly text: string | undefined }; readonly answer: PassedPoints };
  follow: { readonly work: { readonly kind: 'follow'; readonly text: string }; readonly answer: ExploreResult };
}

export type Work = Answers[keyof Answers]['work'];
type Answer<W extends Work> = Answers[W['kind']]['answer'];

/** A scenario that is ready. */
export interface Started {
  /** As results name it. */
  readonly scenario: string;
  readonly actors: readonly string[];
  /** What its covers are, in words. */
  readonly covers: readonly string[];
}

/** Which scenario. */
export interface Subject {
  readonly scenario: string;
  readonly settings: DriverSettings;
  /** Name of the driver that the settings are meant for: that of the scenario, or one to take its place. */
  readonly driver?: string | undefined;
}

/** What a thread is sent. */
export interface Job extends Subject {
  readonly work: Work;
  readonly lane: number;
  readonly threads: number;
  readonly control: Control['words'];
  readonly pulse: SharedArrayBuffer;
}

/** Time a thread has to start, in milliseconds. */
export const START_MS = 10_000;

const LOOK_MS = 100;
/** Time the compiler has to come to an end before a thread is ended. */
const SETTLE_MS = 100;
/** Longest time a module may take to load and to set up, and a step or a check may take. */
const SETUP_LIMIT_MS = 10_000;
const STEP_LIMIT_MS = 5000;

const limitMs = (at: number): number => (at === SETTING_UP ? SETUP_LIMIT_MS : STEP_LIMIT_MS);

/** A thread has come to a stop in what it was at, and will not answer. */
export class Stuck extends Error {
  readonly failure: Failure;
  readonly schedule: readonly number[];
  /** Of the thread. */
  readonly lane: number;

  constructor({ at, schedule }: Standstill, actors: readonly string[], lane: number) {
    const seconds = limitMs(at) / 1000;
    const message =
      at === CHECKING
        ? `the check at the end has not returned after ${seconds} s`
        : `${actors[at] ?? `actor ${at}`} has come to no other point for ${seconds} s: a step of it does not end`;
    super(message);
    this.failure = { rule: 'I-PROG', message: `livelock: ${message}`, actor: at === CHECKING ? -1 : at, kind: 'livelock' };
    this.schedule = schedule;
    this.lane = lane;
  }
}

export class Threads implements AsyncDisposable {
  readonly count: number;
  readonly #subject: Subject;
  readonly #control: Control;
  readonly #pool: Piscina<Job, unknown>;
  readonly #pulses: readonly Pulse[];
  readonly #timer: NodeJS.Timeout;
  readonly #stuck: Promise<never>;
  #actors: readonly string[] = [];

  private constructor(subject: Subject, count: number, control: Control, explains: boolean) {
    this.count = count;
    this.#subject = subject;
    this.#control = control;
    this.#pulses = Array.from({ length: count }, () => new Pulse());
    this.#pool = new Piscina({
      filename: workerUrl('explore').href,
      minThreads: count,
      maxThreads: count,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'disabled',
      // Explanations name source lines.
      ...(explains ? { execArgv: [...process.execArgv, '--enable-source-maps'] } : {}),
    });
    this.#pool.on('error', () => {});
    let fail: (error: Error) => void = () => {};
    this.#stuck = new Promise((_, reject) => {
      fail = reject;
    });
    // It need not be waited for.
    this.#stuck.catch(() => {});
    this.#timer = setInterval(() => {
      for (const [lane, pulse] of this.#pulses.entries()) {
        const standstill = pulse.standstill(Date.now(), limitMs);
        if (standstill !== null) fail(this.#reason(standstill, lane));
      }
    }, LOOK_MS);
  }

  /**
   * Threads with the scenario set up in each. With `explains` they know source lines, which takes longer to start.
   *
   * @throws UsageError, a sentence, when the scenario cannot be set up.
   */
  static async start(
    subject: Subject,
    count: number,
    control = new Control(),
    explains = false,
  ): Promise<{ threads: Threads; started: Started }> {
    const threads = new Threads(subject, count, control, explains);
    try {
      // All of them, also if there is less to do: ending a thread in the middle of its start can bring the whole process down.
      const all = await Promise.all(Array.from({ length: count }, (_, lane) => threads.run({ kind: 'start' }, lane)));
      const started = all[0] as Started;
      threads.#actors = started.actors;
      return { threads, started };
    } catch (error) {
      await threads[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Threads for any scenario with a driver, and which there are.
   *
   * @throws UsageError, a sentence, when there is no such driver.
   */
  static async startAll(
    { settings, driver, like }: Omit<Subject, 'scenario'> & { readonly like?: string | undefined },
    count: number,
    control = new Control(),
  ): Promise<{ threads: Threads; list: List }> {
    const scenario = driver === undefined ? 'any' : `any with driver ${driver}`;
    const threads = new Threads({ scenario, settings, driver }, count, control, false);
    try {
      const [list] = await Promise.all([
        threads.run({ kind: 'list', like }),
        ...Array.from({ length: count - 1 }, (_, i) => threads.run({ kind: 'ready' }, i + 1)),
      ]);
      return { threads, list };
    } catch (error) {
      await threads[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Lets a thread do something. @throws Stuck when it, or another one, does not come back. */
  async run<W extends Work>(work: W, lane = 0): Promise<Answer<W>> {
    const job: Job = {
      ...this.#subject,
      work,
      lane,
      threads: this.count,
      control: this.#control.words,
      pulse: (this.#pulses[lane] as Pulse).buffer,
    };
    try {
      return accepted((await Promise.race([this.#pool.run(job), this.#stuck])) as Answer<W> | Refusal);
    } catch (error) {
      throw this.#gone(error);
    }
  }

  /** An error of the thread itself, such as too much memory, is one of what the thread was running. */
  #gone(error: unknown): unknown {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY' || /worker exited/i.test(message))
      return new UsageError(`scenario '${this.#subject.scenario}' has brought its thread down: ${message}`, { cause: error });
    return error;
  }

  #reason(standstill: Standstill, lane: number): Error {
    if (standstill.at !== SETTING_UP) return new Stuck(standstill, this.#actors, lane);
    return new UsageError(
      `scenario '${this.#subject.scenario}' is not ready after ${SETUP_LIMIT_MS / 1000} s: it does not end loading`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    // Ending a thread while V8 still compiles for it in the background can bring the whole process down.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await this.#pool.destroy();
  }
}
