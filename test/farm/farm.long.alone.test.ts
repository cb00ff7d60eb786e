/** The farm: jobs in parts, done by workers that are killed, on a Redis and on a PostgreSQL. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Farm, type JobStatus } from '../../src/farm/farm.ts';
import type { Server } from '../../src/farm/server.ts';
import { type Job, jobOf } from '../../src/farm/task.ts';
import { prove } from '../../src/index.ts';
import { startPostgres, startRedis, type TestServer } from './servers.ts';

const child = fileURLToPath(new URL('workerChild.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-farm-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LOCK_MS = 1500;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function startWorker(server: Server, threads: number, ...modules: readonly string[]): ChildProcess {
  return spawn(process.execPath, [child, JSON.stringify(server), `${LOCK_MS}`, `${threads}`, ...modules], { stdio: 'ignore' });
}

/** Waits for its end; one that does not come to it is killed, which its exit code shows. */
async function ended(worker: ChildProcess): Promise<void> {
  const watchdog = setTimeout(() => worker.kill('SIGKILL'), 60_000);
  await closed(worker);
  clearTimeout(watchdog);
}

const closed = (worker: ChildProcess): Promise<unknown> =>
  worker.exitCode !== null || worker.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => worker.once('close', resolve));

async function killed(workers: readonly ChildProcess[]): Promise<void> {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.map(ended));
}

/** A server that was killed takes a moment to come back: until then there is an error. */
async function statusOf(server: Server, job: Job): Promise<JobStatus | Error> {
  const farm = await Farm.at(server);
  try {
    const late = sleep(5000).then(() => new Error('no answer within 5 s'));
    return await Promise.race([farm.status(job), late]);
  } catch (error) {
    return error as Error;
  } finally {
    await Promise.race([farm.close().catch(() => {}), sleep(1000)]);
  }
}

/** Waits until nothing of the job is left to do. */
async function over(server: Server, job: Job, seconds: number): Promise<JobStatus> {
  let last = '';
  for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(200)) {
    const status = await statusOf(server, job);
    if (!(status instanceof Error) && status.waiting + status.running === 0 && status.done + status.setAside.length > 0)
      return status;
    last = status instanceof Error ? status.message : JSON.stringify(status);
  }
  throw new Error(`job ${job.id} is not over after ${seconds} s: ${last}`);
}

async function submitted(server: Server, job: Job): Promise<void> {
  const farm = await Farm.at(server);
  await farm.submit(job);
  await farm.close();
}

async function resultOf(server: Server, job: Job) {
  const farm = await Farm.at(server);
  try {
    return await farm.result(job);
  } finally {
    await farm.close();
  }
}

/** Without what depends on time. */
const timeless = (report: unknown): string =>
  JSON.stringify(report, (key, value) => (['seconds', 'bytes'].includes(key) ? undefined : value));

const scenarios = [
  ...['close-with-work', 'close-vs-device-fault', 'device-fault-vs-munmap', 'mini-hmm', 'cow-in-two-processes', 'close-vs-exit'],
  ...['device-page-vs-fork', 'remove-vs-bracket', 'insert-remove-vs-bracket', 'cpu-store-vs-reclaim', 'two-cpu-faults'],
];
const proof = (parts: number, request: object, firstFailure = false): Job =>
  jobOf({ command: 'prove', request: { seconds: 30, ...request }, parts, firstFailure });

for (const [name, start] of [
  ['Redis', startRedis],
  ['PostgreSQL', startPostgres],
] as const) {
  const withServer = (title: string, run: (server: TestServer) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => {
      const server = await start();
      if (server === null) return t.skip(`there is no ${name} on this machine`);
      try {
        await run(server);
      } finally {
        await server.stop();
      }
    });
  };

  withServer('workers and the server are killed: no task is lost, and the result is that of one process', async (all) => {
    const { server } = all;
    const job = proof(scenarios.length, { scenarios });
    await submitted(server, job);
    const workers = [startWorker(server, 2), startWorker(server, 2)];
    try {
      for (const victim of [0, 1, 0]) {
        await sleep(1500);
        await killed([workers[victim] as ChildProcess]);
        workers[victim] = startWorker(server, 2);
      }
      await all.restart();
      const status = await over(server, job, 90);
      assert.deepEqual([status.done, status.setAside], [scenarios.length, []]);
    } finally {
      await killed(workers);
    }
    assert.equal(timeless(await resultOf(server, job)), timeless(await prove({ scenarios, seconds: 30 })));
  });

  withServer('a task that ends its worker three times is set aside, and the rest goes on', async ({ server }) => {
    writeFileSync(join(folder, 'deadly.mjs'), "process.kill(process.pid, 'SIGKILL');\nexport default {};\n");
    const before = process.cwd();
    process.chdir(folder);
    const deadly = proof(1, { scenarios: ['mini-hmm'], driver: './deadly.mjs' });
    process.chdir(before);
    const rest = proof(3, { scenarios: scenarios.slice(0, 3) });
    for (const job of [deadly, rest]) await submitted(server, job);
    let isOver = false;
    // Somebody starts the worker again each time, as systemd would.
    const kept = (async () => {
      while (!isOver) {
        const worker = startWorker(server, 1, folder);
        await Promise.race([
          ended(worker),
          sleep(60_000),
          (async () => {
            while (!isOver) await sleep(100);
          })(),
        ]);
        await killed([worker]);
      }
    })();
    try {
      const [died, done] = [await over(server, deadly, 60), await over(server, rest, 60)];
      assert.deepEqual([died.done, died.setAside.map(({ part }) => part)], [0, [1]]);
      assert.match(died.setAside[0]?.reason ?? '', /stalled/);
      assert.deepEqual([done.done, done.setAside], [3, []]);
    } finally {
      isOver = true;
      await kept;
    }
  });

  withServer(
    'the first failure in the order of the tasks decides, and Ctrl-C hands back what is under way',
    async ({ server }) => {
      const failing = proof(4, { scenarios: ['close-with-work', 'mini-hmm-early', 'mini-hmm', 'device-fault-vs-munmap'] }, true);
      const long = proof(1, { scenarios: ['own-pfn-reused'], seconds: 600 });
      await submitted(server, failing);
      const worker = startWorker(server, 1);
      try {
        const status = await over(server, failing, 60);
        assert.equal(status.failedAt, 2);
        const report = await resultOf(server, failing);
        assert.deepEqual([report.verdict, report.part?.shard], ['violation', [2, 4]]);
        await submitted(server, long);
        for (let i = 0; i < 100 && ((await statusOf(server, long)) as JobStatus).running !== 1; i++) await sleep(100);
        worker.kill('SIGINT');
        await ended(worker);
        const handed = (await statusOf(server, long)) as JobStatus;
        assert.deepEqual([worker.exitCode, handed.waiting, handed.running], [0, 1, 0]);
      } finally {
        await killed([worker]);
      }
    },
  );
}
