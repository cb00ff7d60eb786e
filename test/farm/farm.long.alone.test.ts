/** The farm: jobs in parts, done by workers that are killed, on a Redis and on a PostgreSQL. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Farm, type JobStatus } from '../../src/farm/farm.ts';
import type { Server } from '../../src/farm/server.ts';
import { type Job, jobOf } from '../../src/farm/task.ts';
import { type MergedReport, prove } from '../../src/index.ts';
import { ended, killed, killRun, over, sleep, startWorker as startWorkerOf, statusOf, timeless } from './killRun.ts';
import { startPostgres, startRedis, type TestServer } from './servers.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-farm-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LOCK_MS = 4000;

const startWorker = (server: Server, threads: number, ...modules: readonly string[]): ChildProcess =>
  startWorkerOf(server, LOCK_MS, threads, ...modules);

const submitted = (server: Server, job: Job): Promise<unknown> => Farm.with(server, (farm) => farm.submit(job));
const resultOf = (server: Server, job: Job): Promise<MergedReport> => Farm.with(server, (farm) => farm.result(job));

const scenarios = [
  ...['close-with-work', 'close-vs-device-fault', 'device-fault-vs-munmap', 'mini-hmm', 'cow-in-two-processes', 'close-vs-exit'],
  ...['device-page-vs-fork', 'remove-vs-bracket', 'insert-remove-vs-bracket', 'cpu-store-vs-reclaim', 'two-cpu-faults'],
];
const proof = (parts: number, request: object, firstFailure = false): Job =>
  jobOf({ command: 'prove', request: { seconds: 30, ...request }, parts, firstFailure });

// Much of the time is spent waiting for a lock that grows old: the two servers need not wait for each other.
describe('the farm', { concurrency: true }, () => {
  for (const [name, start] of [
    ['Redis', startRedis],
    ['PostgreSQL', startPostgres],
  ] as const)
    describe(name, () => {
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
        const plan = { threads: 2, lockMs: LOCK_MS, everyMs: 1500, serverAt: [3], kills: 3, seconds: 300, say: () => {} };
        const job = proof(scenarios.length, { scenarios });
        const { status, chances, report } = await killRun(all, { ...plan, job });
        assert.equal(chances, 0);
        // No more was done twice than was begun again, and what was killed under way is no duplicate.
        assert.ok(status.doneTwice <= status.begunAgain);
        assert.equal(timeless(report), timeless(await prove({ scenarios, seconds: 30 })));
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
          const [died, done] = [await over(server, deadly, 300), await over(server, rest, 300)];
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
          const failing = proof(
            4,
            { scenarios: ['close-with-work', 'mini-hmm-early', 'mini-hmm', 'device-fault-vs-munmap'] },
            true,
          );
          const long = proof(1, { scenarios: ['own-pfn-reused'], seconds: 600 });
          await submitted(server, failing);
          const worker = startWorker(server, 1);
          try {
            const status = await over(server, failing, 300);
            assert.equal(status.failedAt, 2);
            const report = await resultOf(server, failing);
            assert.deepEqual([report.verdict, report.part?.shard], ['violation', [2, 4]]);
            await submitted(server, long);
            for (let i = 0; i < 600 && ((await statusOf(server, long)) as JobStatus).running !== 1; i++) await sleep(100);
            worker.kill('SIGINT');
            await ended(worker);
            const handed = (await statusOf(server, long)) as JobStatus;
            assert.deepEqual([worker.exitCode, handed.waiting, handed.running], [0, 1, 0]);
          } finally {
            await killed([worker]);
          }
        },
      );
    });
});
