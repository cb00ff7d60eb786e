/**
 * Workers and the server are killed while a job is done, for as long as one likes: no task may be lost, the result must be that of one
 * process, and few tasks may be done twice.
 *
 * A task that was under way when its worker was killed is begun again when its lock is too old. That is no duplicate: it had no result.
 * A duplicate is a task that was done to the end twice, as its worker was alive and slow, or cut off, and somebody else had it meanwhile.
 * The history of the job counts both.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Farm, type JobStatus } from '../../src/farm/farm.ts';
import type { Server } from '../../src/farm/server.ts';
import type { Job } from '../../src/farm/task.ts';
import type { MergedReport } from '../../src/library/mergeReports.ts';
import { owned } from './children.ts';
import type { TestServer } from './servers.ts';

const child = fileURLToPath(new URL('workerChild.js', import.meta.url));

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** @param lockMs how long a task stays with a worker that was killed. */
export function startWorker(server: Server, lockMs: number, threads: number, ...modules: readonly string[]): ChildProcess {
  return owned(
    spawn(process.execPath, [child, JSON.stringify(server), `${lockMs}`, `${threads}`, ...modules], { stdio: 'ignore' }),
  );
}

/** Waits for its end; one that does not come to it is killed, which its exit code shows. */
export async function ended(worker: ChildProcess): Promise<void> {
  const watchdog = setTimeout(() => worker.kill('SIGKILL'), 60_000);
  if (worker.exitCode === null && worker.signalCode === null) await new Promise((resolve) => worker.once('close', resolve));
  clearTimeout(watchdog);
}

export async function killed(workers: readonly ChildProcess[]): Promise<void> {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.map(ended));
}

/** A server that was killed takes a moment to come back: until then there is an error. */
export const statusOf = (server: Server, job: Job): Promise<JobStatus | Error> =>
  Farm.with(server, (farm) => farm.status(job)).catch((error) => error as Error);

const isOver = ({ waiting, running, done, setAside }: JobStatus): boolean =>
  waiting + running === 0 && done + setAside.length > 0;

/** Waits until nothing of the job is left to do. */
export async function over(server: Server, job: Job, seconds: number): Promise<JobStatus> {
  let last = '';
  for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(200)) {
    const status = await statusOf(server, job);
    if (!(status instanceof Error) && isOver(status)) return status;
    last = status instanceof Error ? status.message : JSON.stringify(status);
  }
  throw new Error(`job ${job.id} is not over after ${seconds} s: ${last}`);
}

/** Without what depends on time. */
export const timeless = (report: unknown): string =>
  JSON.stringify(report, (key, value) => (['seconds', 'searchSeconds', 'bytes'].includes(key) ? undefined : value));

export interface KillPlan {
  readonly job: Job;
  readonly threads: number;
  readonly lockMs: number;
  /** Time between two kills of a worker: now the one, now the other. */
  readonly everyMs: number;
  /** At which kills the server is killed as well. */
  readonly serverAt: readonly number[];
  /** Kills at most; then the rest is done in peace. */
  readonly kills: number;
  /** How long all of it may take. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

export interface KillCounts {
  readonly status: JobStatus;
  /** Tasks that were set aside, as they were under way at three kills, and were done when the job was submitted again. */
  readonly chances: number;
  readonly report: MergedReport;
  readonly workerKills: number;
  readonly serverKills: number;
}

/** Does the job with two workers that are killed. @throws AssertionError when a task is lost. */
export async function killRun(all: TestServer, plan: KillPlan): Promise<KillCounts> {
  const { server } = all;
  const { job, threads, lockMs, everyMs, serverAt, kills, seconds, say } = plan;
  await Farm.with(server, (farm) => farm.submit(job));
  const workers = [startWorker(server, lockMs, threads), startWorker(server, lockMs, threads)];
  let [workerKills, serverKills] = [0, 0];
  try {
    while (workerKills < kills) {
      await sleep(everyMs);
      const status = await statusOf(server, job);
      if (!(status instanceof Error) && isOver(status)) break;
      const victim = workerKills % 2;
      await killed([workers[victim] as ChildProcess]);
      workers[victim] = startWorker(server, lockMs, threads);
      workerKills++;
      say(status instanceof Error ? status.message : `${workerKills} killed, ${status.done} of ${status.parts} done`);
      if (!serverAt.includes(workerKills)) continue;
      serverKills++;
      await all.restart();
    }
    let status = await over(server, job, seconds);
    const chances = status.setAside.length;
    // A task that was under way at three kills is taken for their cause. Nobody kills any more: it is given its other chance.
    if (chances > 0) {
      for (const { reason } of status.setAside) assert.match(reason, /stalled/);
      await Farm.with(server, (farm) => farm.submit(job));
      status = await over(server, job, seconds);
    }
    assert.deepEqual([status.done, status.setAside], [job.parts, []]);
    return { status, chances, report: await Farm.with(server, (farm) => farm.result(job)), workerKills, serverKills };
  } finally {
    await killed(workers);
  }
}
