/**
 * A program on real threads: each column again and again on a thread of its own. A round begins where the set-up has left the machine,
 * so that what a column may answer is the same in every round, and is what the explorer allows; nothing of the language is left out.
 */

import { Piscina } from 'piscina';
import { store } from '../../arena/access.ts';
import { type Arena, buffersOf } from '../../arena/arena.ts';
import { Actor, ActorState, Header } from '../../arena/structures.ts';
import { workerUrl } from '../../package/workerUrl.ts';
import { type Program, parseProgram, programName } from '../../programs/program.ts';
import { boot, partsOf, taskOf } from '../../scenarios/programs/boot.ts';
import { checkProgram, type Known, knownOf, setUp } from '../../scenarios/programs/known.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { STOP_ABORT } from '../../sync/wait.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import type { RaceVerdict } from '../race/types.ts';
import { sleep } from '../shared/sleep.ts';
import { describeWord, holdersOf } from '../shared/waitsFor.ts';
import { Control } from './control.ts';
import type { ColumnJob, ColumnReport } from './job.ts';
import type { RoundsHooks, RoundsOptions, RoundsResult, RoundsViolation } from './types.ts';

const TICK_MS = 20;
/** Time for a column to come to its end, and then to give up its waits, before its thread is ended. */
const GRACE_MS = 700;
/** With fewer rounds, or fewer in which the columns met, nothing is said. */
const REQUIRED_ROUNDS = 100;
const REQUIRED_INTERLEAVED = 10;

/** Another arena with the same contents. */
const copyOf = ({ words, frames }: Arena): ColumnJob['before'] => ({
  words: words.buffer.slice(0),
  frames: frames.buffer.slice(0),
});

class Rounds {
  readonly #options: RoundsOptions;
  readonly #program: Program;
  readonly #arena: Arena;
  readonly #known: Known;
  readonly #control: Control;
  readonly #jobs: readonly ColumnJob[];
  readonly #reports: ColumnReport[] = [];
  readonly #running = new Set<number>();
  #violation: RoundsViolation | null = null;

  constructor(options: RoundsOptions, driver: Awaited<ReturnType<typeof importDriver>>) {
    this.#options = options;
    this.#program = parseProgram(options.program);
    checkProgram(this.#program);
    const { machine, task } = boot(this.#program, driver, options.driverSettings);
    const { arena } = machine;
    const gone = setUp(this.#program, machine, task);
    this.#known = knownOf(this.#program, machine, gone);
    for (const column of this.#program.columns.keys()) taskOf(arena, column);
    store(arena, task.actor + Actor.state, ActorState.absent);
    this.#arena = arena;
    this.#control = new Control(this.#program.columns.length);
    const { words, pairs } = this.#control;
    const shared = { program: options.program, buffers: buffersOf(arena), before: copyOf(arena), parts: partsOf(machine) };
    this.#jobs = this.#program.columns.map((_, column) => ({
      ...shared,
      column,
      known: this.#known,
      words,
      pairs,
      driver: options.driver,
      seed: options.seed,
    }));
  }

  async run({ onProgress, signal }: RoundsHooks): Promise<RoundsResult> {
    const count = this.#jobs.length;
    await using pool = new Piscina<ColumnJob, ColumnReport>({
      filename: workerUrl('column').href,
      minThreads: count,
      // With fewer threads than columns nobody would come to the end of a round.
      maxThreads: count,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'disabled',
    });
    pool.on('error', () => {});
    const all = Promise.all(this.#jobs.map((job) => this.#column(pool, job)));
    while (this.#control.round === 0 && this.#running.size === count && signal?.aborted !== true) await sleep(2);
    const began = performance.now();
    const cpu = process.cpuUsage();
    await this.#supervise(began, { ...(onProgress && { onProgress }), ...(signal && { signal }) });
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    await this.#end(all);
    const isStopped = signal?.aborted === true;
    return this.#result(seconds, (user + system) / 1e6 / seconds, isStopped);
  }

  async #column(pool: Piscina<ColumnJob, ColumnReport>, job: ColumnJob): Promise<void> {
    this.#running.add(job.column);
    try {
      const report = await pool.run(job);
      this.#reports[job.column] = report;
      this.#violation ??= report.violation;
    } catch (error) {
      const message = `the thread of ${this.#describe(job.column)} when it died (${error instanceof Error ? error.message : error})`;
      this.#violation ??= this.#about(job.column, 'I-DEAD', message);
      this.#control.fail();
    } finally {
      this.#running.delete(job.column);
    }
  }

  /** Until time is up, or somebody has seen a rule break, or no round comes to its end. */
  async #supervise(began: number, { onProgress, signal }: RoundsHooks): Promise<void> {
    const { seconds, watchdogSeconds } = this.#options;
    let [round, since] = [-1, began];
    for (let now = began; now - began < 1000 * seconds; now = performance.now()) {
      if (signal?.aborted || this.#control.hasFailed || this.#running.size === 0) return;
      if (this.#control.round !== round) [round, since] = [this.#control.round, now];
      else if (now - since > 1000 * watchdogSeconds) {
        this.#violation ??= this.#stuck((now - since) / 1000);
        this.#control.fail();
        return;
      }
      onProgress?.({
        elapsedSeconds: (now - began) / 1000,
        rounds: Math.max(0, round - 1),
        interleaved: this.#control.interleaved,
      });
      await sleep(Math.min(TICK_MS, Math.max(1, 1000 * seconds - (now - began))));
    }
  }

  /** The round under way is the last one. Who does not come to its end gives its waits up, or ends with its thread. */
  async #end(all: Promise<unknown>): Promise<void> {
    this.#control.stop();
    const limitMs = this.#control.hasFailed ? GRACE_MS : 1000 * this.#options.watchdogSeconds;
    await this.#within(all, limitMs);
    if (this.#running.size === 0) return;
    if (!this.#control.hasFailed) this.#violation ??= this.#stuck(limitMs / 1000);
    this.#control.fail();
    Atomics.store(this.#arena.words, Header.stop, STOP_ABORT);
    Atomics.notify(this.#arena.words, Header.stop);
    await this.#within(all, GRACE_MS);
  }

  async #within(all: Promise<unknown>, ms: number): Promise<void> {
    const stop = new AbortController();
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      stop.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    await Promise.race([all, late]);
    stop.abort();
  }

  #names(): string[] {
    return this.#program.columns.map(({ actor }) => actor);
  }

  #operationOf(column: number): string {
    return this.#program.columns[column]?.operations[this.#control.placeOf(column) - 1]?.text ?? '';
  }

  /** `A (in 'cw 0 1 8', holds mmapLock) waits for the lock of page 7, held by B`. */
  #describe(column: number): string {
    const arena = this.#arena;
    const actor = arena.actors + column * Actor.shape.size;
    const held = heldLocks(arena, actor);
    const word = arena.words[actor + Actor.waitWord] as number;
    const holders = word === 0 ? [] : holdersOf(arena, this.#jobs.length, word).map((id) => this.#names()[id]);
    const waits =
      word === 0
        ? 'runs'
        : `waits for ${describeWord(arena, word).what}${holders.length === 0 ? '' : `, held by ${holders.join(', ')}`}`;
    return `${this.#names()[column]} (in '${this.#operationOf(column)}'${held.length === 0 ? '' : `, holds ${held.join(', ')}`}) ${waits}`;
  }

  #about(column: number, rule: string, message: string): RoundsViolation {
    const held = heldLocks(this.#arena, this.#arena.actors + column * Actor.shape.size);
    return { rule, message, actor: 'watchdog', operation: this.#operationOf(column), points: [], held };
  }

  /** Columns that wait, all of them, wait for one another; one that runs comes to no end. */
  #stuck(seconds: number): RoundsViolation {
    const under = [...this.#jobs.keys()].filter((column) => this.#control.placeOf(column) > 0);
    const waits = (column: number): boolean =>
      this.#arena.words[this.#arena.actors + column * Actor.shape.size + Actor.waitWord] !== 0;
    const running = under.find((column) => !waits(column));
    const what = under.map((column) => this.#describe(column)).join('; ');
    const kind = running === undefined ? 'deadlock' : 'livelock';
    const message = `${kind}: no round has come to its end for ${seconds.toFixed(1)} s: ${what}`;
    return this.#about(running ?? under[0] ?? 0, running === undefined ? 'I-DEAD' : 'I-PROG', message);
  }

  #result(seconds: number, coresUsed: number, isStopped: boolean): RoundsResult {
    const { interleaved, pairsMet, round } = this.#control;
    const rounds = { seen: Math.max(0, round - 1), required: REQUIRED_ROUNDS };
    const met = { seen: interleaved, required: this.#jobs.length > 1 ? REQUIRED_INTERLEAVED : 0 };
    const why =
      rounds.seen < rounds.required
        ? `${rounds.seen} rounds came to their end, at least ${rounds.required} are needed`
        : met.seen < met.required
          ? `the columns were under way at the same time in ${met.seen} rounds, at least ${met.required} are needed`
          : null;
    const verdict: RaceVerdict =
      this.#violation !== null ? 'violation' : isStopped ? 'interrupted' : why !== null ? 'invalid' : 'pass';
    return {
      verdict,
      why: verdict === 'invalid' ? why : null,
      seconds,
      rounds,
      interleaved: met,
      pairs: pairsMet,
      errorsKnown: this.#known.errors !== null,
      valuesKnown: this.#known.allowed !== null,
      answers: this.#program.columns.flatMap(({ actor, operations }, column) =>
        operations.map(({ text }, place) => ({
          actor,
          operation: text,
          answers: this.#reports[column]?.answers[place] ?? {},
        })),
      ),
      violation: this.#violation,
      coresUsed,
    };
  }
}

/**
 * Races the columns of a program.
 *
 * @throws UsageError with one sentence when the program or the driver is impossible; nothing has started then.
 */
export async function rounds(options: RoundsOptions, hooks: RoundsHooks = {}): Promise<RoundsResult> {
  const program = programName(parseProgram(options.program));
  return new Rounds({ ...options, program }, await importDriver(options.driver)).run(hooks);
}
