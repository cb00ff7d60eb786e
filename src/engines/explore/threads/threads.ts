/** The threads of an exploration: started together, watched, ended. All that a scenario does is done in them. */
import { Piscina } from 'piscina';
import { UsageError } from '../../../input/usageError.ts';
import { bundledWorker } from '../../../package/bundledWorker.ts';
import { removeAtEnd } from '../../../package/runFolder.ts';
import { workerUrl } from '../../../package/workerUrl.ts';
import { isProgram } from '../../../programs/program.ts';
import { isModule } from '../../../userModules/places.ts';
import { compilerAtRest } from '../../shared/compilerAtRest.ts';
import { accepted, type Refusal } from '../../shared/refusal.ts';
import type { Failure } from '../machine/failure.ts';
import { CHECKING, Pulse, SETTING_UP, type Standstill } from '../machine/pulse.ts';
import { Control } from '../plan/control.ts';
import type { List } from '../plan/list.ts';
import { driverOf, partsOf } from '../plan/names.ts';
import { GivenTime } from './givenTime.ts';
import type { Answer, Order, Started, Subject, Work } from './work.ts';

const LOOK_MS = 100;
/** Longest time, as {@link GivenTime} has it, that a module may take to load and to set up, and that a step or a check may take. */
const SETUP_LIMIT_MS = 10_000;
const STEP_LIMIT_MS = 5000;

const limitMs = (at: number): number => (at === SETTING_UP ? SETUP_LIMIT_MS : STEP_LIMIT_MS);

const scenarioText = ({ scenario }: Pick<Subject, 'scenario'>): string => `scenario '${scenario}'`;

/** What threads of a scenario may be asked for: everything, or searches and nothing else. */
export type Duty = 'all' | 'search';

/** The entry of a thread. Those that only search what is the lab's own need not look for the modules of the tree. */
function entryFor({ scenario, driver: asked }: Subject, duty: Duty): URL {
  if (duty === 'all') return workerUrl('explore');
  const parts = partsOf(scenario);
  const driver = driverOf(parts, asked);
  const isOurs = (isProgram(parts.base) || !isModule(parts.base)) && (driver === undefined || !isModule(driver));
  return isOurs ? bundledWorker('explore') : workerUrl('explore');
}

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

/** What a thread is at, in words, and whose steps it makes. */
interface Doing {
  readonly what: string;
  readonly actors: readonly string[];
}

export class Threads implements AsyncDisposable {
  readonly count: number;
  readonly #subject: Subject;
  /** What all threads were started for, and what each is at. */
  #started: Doing;
  readonly #doing: Doing[] = [];
  readonly #control: Control;
  readonly #pool: Piscina<Order, unknown>;
  readonly #pulses: readonly Pulse[];
  readonly #timer: NodeJS.Timeout;
  readonly #stuck: Promise<never>;

  private constructor(subject: Subject, what: string, count: number, control: Control, duty: Duty = 'all') {
    this.count = count;
    this.#subject = subject;
    this.#started = { what, actors: [] };
    this.#control = control;
    this.#pulses = Array.from({ length: count }, () => new Pulse());
    // A thread that is ended while it loads a module of the user's leaves copies of it.
    removeAtEnd();
    this.#pool = new Piscina({
      filename: entryFor(subject, duty).href,
      minThreads: count,
      maxThreads: count,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'disabled',
    });
    this.#pool.on('error', () => {});
    let fail: (error: Error) => void = () => {};
    this.#stuck = new Promise((_, reject) => {
      fail = reject;
    });
    // It need not be waited for.
    this.#stuck.catch(() => {});
    const time = new GivenTime();
    this.#timer = setInterval(() => {
      const now = time.now(this.#pulses.filter(({ isIdle }) => !isIdle).length);
      for (const [lane, pulse] of this.#pulses.entries()) {
        const standstill = pulse.standstill(now, limitMs);
        if (standstill !== null) fail(this.#reason(standstill, lane));
      }
    }, LOOK_MS);
  }

  /**
   * Threads with the scenario set up in each.
   *
   * @throws UsageError, a sentence, when the scenario cannot be set up.
   */
  static async start(
    subject: Subject,
    count: number,
    control = new Control(),
    duty: Duty = 'all',
  ): Promise<{ threads: Threads; started: Started }> {
    const what = scenarioText(subject);
    const threads = new Threads(subject, what, count, control, duty);
    try {
      // All of them, also if there is less to do: ending a thread in the middle of its start can bring the whole process down.
      const all = await Promise.all(Array.from({ length: count }, (_, lane) => threads.run({ kind: 'start' }, lane)));
      const started = all[0] as Started;
      threads.#started = { what, actors: started.actors };
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
    const what = driver === undefined ? 'a thread' : `driver '${driver}'`;
    const threads = new Threads({ scenario: 'any', settings, driver }, what, count, control);
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
    this.#doing[lane] = 'scenario' in work ? { what: scenarioText(work), actors: work.actors ?? [] } : this.#started;
    const order: Order = {
      ...this.#subject,
      work,
      lane,
      threads: this.count,
      control: this.#control.words,
      pulse: (this.#pulses[lane] as Pulse).buffer,
    };
    try {
      const transferList = 'port' in work && work.port !== null ? [work.port] : [];
      return accepted((await Promise.race([this.#pool.run(order, { transferList }), this.#stuck])) as Answer<W> | Refusal);
    } catch (error) {
      throw this.#gone(error, lane);
    }
  }

  /** An error of the thread itself, such as too much memory, is one of what the thread was running. */
  #gone(error: unknown, lane: number): unknown {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY' || /worker exited/i.test(message))
      return new UsageError(`${this.#doing[lane]?.what} has brought its thread down: ${message}`, { cause: error });
    return error;
  }

  #reason(standstill: Standstill, lane: number): Error {
    const { what, actors } = this.#doing[lane] ?? this.#started;
    if (standstill.at !== SETTING_UP) return new Stuck(standstill, actors, lane);
    return new UsageError(`${what} is not ready after ${SETUP_LIMIT_MS / 1000} s: it does not end loading, or being set up`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await compilerAtRest();
    await this.#pool.destroy();
  }
}
