/**
 * One search in all threads. Verdict and states are those of a search in one. It can be interrupted, and gone on with. Where it is to be
 * made once more, as something only counts, one thread does that.
 */
import type { Control } from '../plan/control.ts';
import { isDecided, isToBeSearchedAgain, isUnbounded, type JobResult, nothing, type SearchJob } from '../plan/job.ts';
import { Crew, type CrewMemory, crewMemory, End, type Learnt, NOTHING_LEARNT } from '../search/crew.ts';
import { bytesOf, emptyTable, restoredTable, type SavedTable } from '../search/sharedTable.ts';
import type { SavedShare, SavedTask, ShareResult } from '../search/together.ts';
import { leadRound } from '../search/unfinished.ts';
import { Savings } from './savings.ts';
import type { Threads } from './threads.ts';

/** A search that was interrupted. */
export interface SavedSearch {
  readonly learnt: Learnt;
  /** What it had come to. */
  readonly result: JobResult;
  readonly hasRound: boolean;
  /** What is left to be done; nothing if only the last question is left. */
  readonly tasks: readonly SavedTask[];
  /** See unfinished.ts. */
  readonly left: Int32Array;
  readonly table: SavedTable;
}

/** Where a search is kept, so that another process can go on with it. */
export interface Keeping {
  /** Where it was interrupted; null for one that begins. */
  readonly saved: SavedSearch | null;
  /** Milliseconds between two checkpoints. */
  readonly everyMs: number;
  readonly write: (saved: SavedSearch) => void;
}

type Lanes = Pick<Threads, 'count' | 'run'>;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const union = (lists: readonly (readonly number[])[]): number[] => [...new Set(lists.flat())];

function joined(lists: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(sum(lists.map(({ length }) => length)));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** What all of them have learnt. */
const learntBy = (parts: readonly Learnt[]): Learnt => ({
  promoted: union(parts.map(({ promoted }) => promoted)),
  broken: parts.map(({ broken }) => broken).find((why) => why !== null) ?? null,
});

type Numbers = Pick<JobResult, 'executions' | 'transitions' | 'cut' | 'long' | 'spins' | 'reached'>;

/** The numbers of all threads, and those from before. */
const added = (before: JobResult, parts: readonly Numbers[]): JobResult => ({
  ...before,
  executions: before.executions + sum(parts.map(({ executions }) => executions)),
  transitions: before.transitions + sum(parts.map(({ transitions }) => transitions)),
  cut: before.cut + sum(parts.map(({ cut }) => cut)),
  long: before.long + sum(parts.map(({ long }) => long)),
  spins: before.spins + sum(parts.map(({ spins }) => spins)),
  reached: union([before.reached, ...parts.map(({ reached }) => reached)]),
});

/** What a search begins again with: what it left out does not count. */
const again = (result: JobResult): JobResult => ({ ...result, failure: null, schedule: [], cut: 0, long: 0, spins: 0 });

const numbersOf = ({ counts, reached }: SavedShare): Numbers => ({ ...counts, reached });

/** One search that all threads make. */
class SharedSearch {
  readonly #lanes: Lanes;
  readonly #job: SearchJob;
  readonly #index: number;
  readonly #control: Control;
  readonly #keeping: Keeping | null;
  #learnt: Learnt;
  #result: JobResult;
  #saved: SavedSearch | null;

  /** Told how many bytes the states take. */
  readonly #onTable: (bytes: number) => void;

  constructor(
    lanes: Lanes,
    job: SearchJob,
    index: number,
    control: Control,
    onTable: (bytes: number) => void,
    keeping: Keeping | null,
  ) {
    this.#onTable = onTable;
    this.#lanes = lanes;
    this.#job = job;
    this.#index = index;
    this.#control = control;
    this.#keeping = keeping;
    this.#saved = keeping?.saved ?? null;
    this.#learnt = this.#saved?.learnt ?? NOTHING_LEARNT;
    this.#result = this.#saved?.result ?? nothing;
  }

  async run(): Promise<JobResult> {
    for (;;) {
      const isThrough = await this.#walk();
      if (isThrough === null) continue;
      if (!isThrough) return this.#result;
      const work = { kind: 'round', job: this.#job, index: this.#index, learnt: this.#learnt } as const;
      const { failure, schedule, complete, promoted } = await this.#run(work, 0);
      if (promoted.length === this.#learnt.promoted.length) return { ...this.#result, failure, schedule, complete };
      this.#learnt = { ...this.#learnt, promoted };
      this.#result = again(this.#result);
      this.#saved = null;
    }
  }

  async #run<W extends Parameters<Lanes['run']>[0]>(work: W, lane: number) {
    const answer = await this.#lanes.run(work, lane);
    this.#control.clear(lane);
    return answer;
  }

  #memory(): CrewMemory {
    const { count } = this.#lanes;
    const saved = this.#saved;
    if (saved === null) return crewMemory(count, 1, emptyTable(this.#job.preemptions < Number.POSITIVE_INFINITY));
    const busy = Math.min(count, saved.tasks.length);
    return crewMemory(count, busy, restoredTable(saved.table), saved.result.states, saved.hasRound);
  }

  /** Once through all states. False: without a last question; null: it must begin again. */
  async #walk(): Promise<boolean | null> {
    const memory = this.#memory();
    const saved = this.#saved;
    const crew = new Crew(memory, 0);
    const { count } = this.#lanes;
    const job = { ...this.#job, executions: this.#job.executions - this.#result.executions };
    const before = this.#result;
    let parts: readonly ShareResult[] = [];
    let left = saved?.left ?? new Int32Array(0);
    if (saved === null || saved.tasks.length > 0) {
      const write = (shares: readonly SavedShare[]): void =>
        this.#write(memory, crew, added(before, shares.map(numbersOf)), shares);
      using savings = this.#keeping === null ? null : new Savings(crew, count, this.#keeping.everyMs, write);
      const walks = Promise.all(
        Array.from({ length: count }, async (_, lane) => {
          const tasks = saved?.tasks.filter((_task, i) => i % count === lane) ?? [];
          const own = lane === 0 ? left : new Int32Array(0);
          const share = { ...this.#learnt, memory, lane, begins: saved === null && lane === 0, tasks, left: own };
          const part = await this.#run(
            { kind: 'share', job, index: this.#index, share, port: savings?.port(lane) ?? null },
            lane,
          );
          savings?.end(crew.end === End.enough);
          return part;
        }),
      );
      // What cannot be written ends the search at once.
      [parts] = await Promise.all([walks, savings?.last]);
      left = joined(parts.map((part) => part.left));
      this.#learnt = learntBy(parts);
    }
    const [first] = parts;
    if (crew.table.hasGrown) crew.table.renew();
    this.#onTable(crew.table.bytes);
    this.#result = added(before, parts);
    if (first !== undefined && crew.end === End.outdated) {
      this.#result = again(this.#result);
      this.#saved = null;
      return null;
    }
    const failed = parts.find(({ failure }) => failure !== null);
    this.#result = {
      ...this.#result,
      failure: failed?.failure ?? null,
      schedule: failed?.schedule ?? [],
      states: crew.states,
      complete: first === undefined || crew.end === End.through,
      interchangeable: first?.interchangeable ?? before.interchangeable,
      asymmetry: first === undefined ? before.asymmetry : first.broken,
      allOrders: first?.allOrders ?? before.allOrders,
    };
    if (!this.#result.complete || !(crew.hasRound || leadRound(crew.table, [left]))) return false;
    this.#write(memory, crew, this.#result, []);
    return true;
  }

  #write(memory: CrewMemory, crew: Crew, result: JobResult, shares: readonly SavedShare[]): void {
    this.#keeping?.write({
      learnt: this.#learnt,
      result: { ...result, states: crew.states },
      hasRound: crew.hasRound || shares.length === 0,
      tasks: shares.flatMap(({ tasks }) => tasks),
      left: joined(shares.map((share) => share.left)),
      table: bytesOf(memory.table),
    });
  }
}

/**
 * Searches in all threads together. `onTable` is told how many bytes the states take.
 *
 * @throws as {@link Threads.run}, and what `keeping` throws.
 */
export async function searchShared(
  threads: Lanes,
  job: SearchJob,
  index: number,
  control: Control,
  onTable: (bytes: number) => void = () => {},
  keeping: Keeping | null = null,
): Promise<JobResult> {
  const atOnce = isUnbounded(job) ? await threads.run({ kind: 'bySerials', job, index }, 0) : null;
  control.clear(0);
  if (atOnce !== null && isDecided(atOnce)) return atOnce;
  const first = await new SharedSearch(threads, job, index, control, onTable, keeping).run();
  if (!isToBeSearchedAgain(job, first) || control.isStopped || Date.now() >= job.until) return first;
  const result = await threads.run({ kind: 'again', job, index, first }, 0);
  control.clear(0);
  return result;
}
