/** Holds searches in several threads against those in one, on random programs. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { Control } from '../../src/engines/explore/plan/control.ts';
import type { JobResult, SearchJob } from '../../src/engines/explore/plan/job.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { type SavedSearch, searchShared } from '../../src/engines/explore/threads/searchShared.ts';
import type { Threads } from '../../src/engines/explore/threads/threads.ts';
import { asScenario, watch } from './asScenario.ts';
import type { Asked } from './laneWorker.ts';
import type { Program } from './program.ts';

/** Most executions and states of a search in one thread, above which a program is left out. */
const MOST = { executions: 100_000, states: 12_000 };

/** Threads that have not answered after so long wait for each other. No program takes more than some seconds. */
const SILENCE_MS = 120_000;

const BOUNDS = [0, 1, 2, Number.POSITIVE_INFINITY];

/** Threads that search programs together. */
export class Lanes implements AsyncDisposable {
  readonly #workers: readonly Worker[];
  readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.#workers = Array.from({ length: count }, () => new Worker(new URL('./laneWorker.js', import.meta.url)));
  }

  async ask(asked: Asked, lane: number): Promise<unknown> {
    const worker = this.#workers[lane] as Worker;
    worker.postMessage({ asked, lane }, 'port' in asked && asked.port !== null ? [asked.port] : []);
    const signal = AbortSignal.timeout(SILENCE_MS);
    const message = once(worker, 'message', { signal }).catch((error: unknown) => {
      throw signal.aborted ? new Error(`thread ${lane} has not answered '${asked.kind}' for ${SILENCE_MS / 1000} s`) : error;
    });
    const [{ answer, error }] = (await message) as [{ answer?: unknown; error?: string }];
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  async all(asked: Asked): Promise<unknown[]> {
    return Promise.all(this.#workers.map((_, lane) => this.ask(asked, lane)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

type Found = Pick<JobResult, 'failure' | 'complete' | 'states' | 'cut' | 'interchangeable'>;

class TooLarge extends Error {}

/**
 * What a search has come to, as far as it must not depend on the number of threads. Where like actors are not told apart, and one knows
 * another by its number, the number of states depends on which of several that are alike is met first.
 */
function lasting({ failure, complete, states, cut, interchangeable }: Found): string {
  if (failure !== null) return 'a failure';
  const many = interchangeable > 0 ? 'the' : states;
  return `${complete ? 'all of' : 'some of'} ${many} states, ${interchangeable > 0 ? 'some' : cut} choices left out`;
}

/** The memory of the table goes on changing. */
function copied(saved: SavedSearch): SavedSearch {
  const { keys, parts, prices } = saved.table;
  const table = { keys: new Uint8Array(keys), parts: new Uint8Array(parts), prices: prices && new Uint8Array(prices) };
  return structuredClone({ ...saved, table });
}

/** `interrupts`: a search is also gone on with from one of its checkpoints, by threads that know nothing. What does not agree, in a sentence; null when all does, undefined for a program that is too large. */
export async function compareTogether(program: Program, lanes: Lanes, interrupts = false): Promise<string | null | undefined> {
  const alone = asScenario(program);
  const met = new Set<string>();
  await lanes.all({ kind: 'program', program });
  const threads = { count: lanes.count, run: (work: Asked, lane = 0) => lanes.ask(work, lane) } as unknown as Threads;
  const executor = new Executor(alone.scenario, watch);
  for (const preemptions of BOUNDS) {
    const enough = (executions: number, states: number): boolean => {
      if (executions > MOST.executions || states > MOST.states) throw new TooLarge();
      return false;
    };
    let one: ReturnType<typeof search>;
    try {
      one = search(executor, { preemptions, enough });
    } catch (error) {
      if (error instanceof TooLarge) return undefined;
      throw error;
    }
    const job: SearchJob = { kind: 'search', preemptions, executions: 1e9, until: Number.POSITIVE_INFINITY };
    const checkpoints: SavedSearch[] = [];
    const keeping = { saved: null, everyMs: 2, write: (saved: SavedSearch) => checkpoints.push(copied(saved)) };
    const several = await searchShared(threads, job, 0, new Control(), undefined, interrupts ? keeping : null);
    const [a, b] = [lasting(one), lasting(several)];
    for (const memory of ((await lanes.all({ kind: 'finals' })) as string[][]).flat()) met.add(memory);
    const last = checkpoints[Math.floor(checkpoints.length / 2)];
    if (last !== undefined) {
      await lanes.all({ kind: 'program', program });
      const goesOn = await searchShared(threads, job, 0, new Control(), undefined, {
        saved: last,
        everyMs: 1e9,
        write: () => {},
      });
      if (lasting(goesOn) !== a && one.spins === 0)
        return `within ${preemptions} preemptions a search finds ${a}, and if it is interrupted ${lasting(goesOn)}`;
    }
    // A path that only counts is left where it is met.
    if (a !== b && one.spins + several.spins === 0)
      return `within ${preemptions} preemptions one thread finds ${a}, ${lanes.count} threads ${b} (${one.failure?.message ?? several.failure?.message})`;
    if (one.failure !== null) return null;
    const missing = [...alone.finals].filter((memory) => !met.has(memory));
    const foreign = [...met].filter((memory) => !alone.finals.has(memory));
    if (missing.length + foreign.length > 0)
      return `within ${preemptions} preemptions ${lanes.count} threads miss the ends ${missing.join(' / ')}, and have besides ${foreign.join(' / ')}`;
  }
  return null;
}
