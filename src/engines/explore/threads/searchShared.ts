/** One search in all threads. Verdict and states are those of a search in one. */
import type { Control } from '../plan/control.ts';
import { type JobResult, nothing, type SearchJob } from '../plan/jobs.ts';
import { Crew, crewMemory, End } from '../search/crew.ts';
import { type Learnt, NOTHING_LEARNT, type ShareResult } from '../search/together.ts';
import { leadRound } from '../search/unfinished.ts';
import type { Threads } from './threads.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const union = (lists: readonly (readonly number[])[]): number[] => [...new Set(lists.flat())];

/** What all of them have learnt. */
const learntBy = (parts: readonly Learnt[]): Learnt => ({
  promoted: union(parts.map(({ promoted }) => promoted)),
  broken: parts.map(({ broken }) => broken).find((why) => why !== null) ?? null,
});

/** The result of a search whose threads have come to an end; `before` is what they did before they began again. */
function resultOf(parts: readonly ShareResult[], states: number, before: JobResult): JobResult {
  const failed = parts.find(({ failure }) => failure !== null);
  const [first] = parts as [ShareResult];
  return {
    ...nothing,
    failure: failed?.failure ?? null,
    schedule: failed?.schedule ?? [],
    executions: before.executions + sum(parts.map(({ executions }) => executions)),
    transitions: before.transitions + sum(parts.map(({ transitions }) => transitions)),
    states,
    complete: first.end === End.through,
    cut: sum(parts.map(({ cut }) => cut)),
    long: sum(parts.map(({ long }) => long)),
    spins: sum(parts.map(({ spins }) => spins)),
    interchangeable: first.interchangeable,
    asymmetry: first.broken,
    allOrders: first.allOrders,
    reached: union([before.reached, ...parts.map(({ reached }) => reached)]),
  };
}

/** Searches in all threads together; `onTable` is told how many bytes the states took. @throws as {@link Threads.run}. */
export async function searchShared(
  threads: Pick<Threads, 'count' | 'run'>,
  job: SearchJob,
  index: number,
  control: Control,
  onTable: (bytes: number) => void = () => {},
): Promise<JobResult> {
  const lanes = Array.from({ length: threads.count }, (_, lane) => lane);
  let learnt = NOTHING_LEARNT;
  let result: JobResult = nothing;
  for (;;) {
    const memory = crewMemory(threads.count, 1, job.preemptions < Number.POSITIVE_INFINITY);
    const crew = new Crew(memory, 0);
    const parts = await Promise.all(
      lanes.map((lane) => {
        const share = { ...learnt, memory, lane, saved: null, begins: lane === 0 };
        return threads.run({ kind: 'share', job, index, share, port: null }, lane);
      }),
    );
    for (const lane of lanes) control.clear(lane);
    onTable(crew.table.bytes);
    result = resultOf(parts, crew.states, result);
    learnt = learntBy(parts);
    if (crew.end === End.outdated) continue;
    if (!result.complete || !comeAgain(crew, parts)) return result;
    const { failure, schedule, complete, promoted } = await threads.run({ kind: 'round', job, index }, 0);
    control.clear(0);
    if (promoted.length === learnt.promoted.length) return { ...result, failure, schedule, complete };
    learnt = { ...learnt, promoted };
  }
}

/** Do states come again on a path? */
function comeAgain(crew: Crew, parts: readonly ShareResult[]): boolean {
  if (crew.hasRound) return true;
  if (crew.table.hasGrown) crew.table.renew();
  return leadRound(
    crew.table,
    parts.map(({ left }) => left),
  );
}
