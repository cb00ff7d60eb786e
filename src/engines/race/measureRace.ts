/** Real threads as an engine of sweeps. It refuses what it could not measure. */
import { cpus } from 'node:os';
import { Piscina } from 'piscina';
import { load } from '../../arena/access.ts';
import { type Arena, buffersOf } from '../../arena/arena.ts';
import { Header } from '../../arena/structures.ts';
import { workerUrl } from '../../package/workerUrl.ts';
import { type RetryScenario, retryScenario } from '../../scenarios/retry/retry.ts';
import { actorCount } from '../../scenarios/retry/retryWorkload.ts';
import { STOP_ABORT } from '../../sync/wait.ts';
import { driverOf, retryOptionsOf } from '../cell/cellDriver.ts';
import type { CellEngine } from '../cell/cellEngine.ts';
import type { CellConfig, Repetition } from '../cell/cellTypes.ts';
import { RepetitionCounts } from '../cell/repetitionCounts.ts';
import { sleep } from '../shared/sleep.ts';
import { overlapGauge } from './evidence.ts';
import type { MeasuredJob, MeasuredReport } from './measuredActor.ts';

/** Part of a repetition that does not count. */
const WARM_UP = 0.1;
/** Below this the threads did not really run at the same time. */
const REQUIRED_OVERLAP = 0.25;
/** With fewer expected meetings the gauge is noise; then only the cores speak. */
const ENOUGH_EXPECTED = 20;
/** Cores that other programs may use meanwhile. */
const MOST_TAKEN = 0.3;
const TICK_MS = 20;
const STOP_GRACE_MS = 3000;

/** Milliseconds all processors of the machine have been busy. */
const busyMs = (): number => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);

function stop(arena: Arena, value: number): void {
  Atomics.store(arena.words, Header.stop, value);
  Atomics.notify(arena.words, Header.stop);
}

interface Timing {
  readonly seconds: number;
  readonly coresUsed: number;
  readonly coresTaken: number;
}

/** Lets the threads run for their time. */
async function clocked(arena: Arena, seconds: number, over: () => boolean, tick: () => void): Promise<Timing> {
  while (load(arena, Header.gate) !== -1 && !over()) await sleep(1);
  const began = performance.now();
  const [all, own] = [busyMs(), process.cpuUsage()];
  while (performance.now() - began < seconds * 1000 && !over() && load(arena, Header.stop) === 0) {
    await sleep(Math.min(TICK_MS, seconds * 1000));
    tick();
  }
  const ms = performance.now() - began;
  const used = process.cpuUsage(own);
  const ownMs = (used.user + used.system) / 1000;
  stop(arena, 1);
  return { seconds: ms / 1000, coresUsed: ownMs / ms, coresTaken: Math.max(0, busyMs() - all - ownMs) / ms };
}

/** A thread that died, and of what. */
export interface Death {
  readonly actor: string;
  readonly error: unknown;
}

const deathOf = ({ actor, error }: Death): Repetition['violation'] => {
  const why = error instanceof Error ? error.message : String(error);
  return { rule: 'I-DEAD', message: `the worker of ${actor} died (${why})`, actor };
};

/** What is wrong once all threads have ended. */
export function violationOf(
  reports: readonly Pick<MeasuredReport, 'violation' | 'aborted'>[],
  deaths: readonly Death[],
  parties: number,
  scenario: Pick<RetryScenario, 'check' | 'finish'>,
): Repetition['violation'] {
  const seen = reports.find(({ violation }) => violation !== null)?.violation;
  if (seen !== undefined && seen !== null) return seen;
  const [death] = deaths;
  if (death !== undefined) return deathOf(death);
  if (reports.length < parties || reports.some(({ aborted }) => aborted))
    return { rule: 'I-DEAD', message: 'a thread did not come to the end of its operation', actor: 'checker' };
  const finding = scenario.check()[0] ?? scenario.finish()[0];
  return finding === undefined ? null : { ...finding, actor: 'checker' };
}

async function repeat(cell: CellConfig, seed: number, signal: AbortSignal, tick: () => void): Promise<Repetition | null> {
  const driver = await driverOf(cell);
  const scenario = retryScenario(retryOptionsOf(cell, driver));
  const { arena, places, driverId } = scenario;
  const parties = actorCount(cell, driver);
  const pool = new Piscina<MeasuredJob, MeasuredReport>({
    filename: workerUrl('measured').href,
    minThreads: parties,
    maxThreads: parties,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
  });
  await using _ = { [Symbol.asyncDispose]: () => pool.destroy() };
  pool.on('error', () => {});
  const warmNs = WARM_UP * cell.seconds * 1e9;
  const reports: MeasuredReport[] = [];
  const deaths: Death[] = [];
  let ended = 0;
  const job = { buffers: buffersOf(arena), parties, cell, places, driverId, seed, warmNs };
  const runs = Array.from({ length: parties }, async (_, id) => {
    try {
      reports.push(await pool.run({ ...job, id }));
    } catch (error) {
      deaths.push({ actor: `thread ${id}`, error });
    } finally {
      ended++;
    }
  });
  const timing = await clocked(arena, cell.seconds, () => signal.aborted || ended > 0, tick);
  for (let waited = 0; ended < parties && waited < STOP_GRACE_MS; waited += TICK_MS) await sleep(TICK_MS);
  if (ended < parties) stop(arena, STOP_ABORT);
  for (let waited = 0; ended < parties && waited < STOP_GRACE_MS; waited += TICK_MS) await sleep(TICK_MS);
  if (ended === parties) await Promise.all(runs);
  const violation = violationOf(reports, deaths, parties, scenario);
  if (signal.aborted) return null;
  const counts = new RepetitionCounts(0);
  for (const report of reports) counts.merge(report.counts);
  const { gauge, expected } = overlapGauge(reports, timing.seconds, timing.coresUsed);
  return counts.repetition({
    ns: Math.max(0, timing.seconds * 1e9 - warmNs),
    steps: 0,
    overlap: expected < ENOUGH_EXPECTED ? null : gauge,
    coresUsed: timing.coresUsed,
    coresTaken: timing.coresTaken,
    violation,
  });
}

/** Why the repetitions are no measurement, null when they are. */
export function raceObjection(repetitions: readonly Repetition[]): string | null {
  const taken = Math.max(...repetitions.map((r) => r.coresTaken ?? 0));
  if (taken > MOST_TAKEN)
    return `the machine was busy: other programs used ${taken.toFixed(1)} cores, at most ${MOST_TAKEN} leave a measurement alone`;
  const gauges = repetitions.map((r) => r.overlap).filter((gauge) => gauge !== null);
  const least = Math.min(...gauges);
  if (gauges.length > 0 && least < REQUIRED_OVERLAP)
    return `the threads took turns: the overlap gauge is ${least.toFixed(3)}, at least ${REQUIRED_OVERLAP} is needed`;
  return repetitions.every((r) => r.stable + r.timedOut === 0) ? 'no device fault came to its end' : null;
}

export const raceEngine: CellEngine = { repeat, objection: raceObjection };
