/**
 * What the farm costs, on a server of its own: `npm run bench:farm -- [--postgres] [--tasks N] [--rounds N]`. Short tasks against BullMQ
 * alone with the same threads, long ones against threads without a queue, as parts of `--shard` are done; all in the same run, in turn.
 */
import { parseArgs } from 'node:util';
import { Piscina } from 'piscina';
import { Farm } from '../src/farm/farm.ts';
import { connected, type Server } from '../src/farm/server.ts';
import { jobOf } from '../src/farm/task.ts';
import { work } from '../src/farm/work.ts';
import { columns } from '../src/report/units.ts';
import { startPostgres, startRedis } from '../test/farm/servers.ts';
import { bytesIn } from './farmBytes.ts';
import { middle } from './pace.ts';

const { values } = parseArgs({
  options: {
    postgres: { type: 'boolean', default: false },
    tasks: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
  },
});
const THREADS = 2;
const BATCH = 500;
const SHORT = { count: Number(values.tasks), seconds: 0.001 };
/** Of few and of many: what a job costs once is not what each of its tasks costs. */
const [FEW, MANY] = [
  { count: 4, seconds: 5 },
  { count: 16, seconds: 5 },
];
type Tasks = typeof SHORT;

const threadFile = new URL('./farmThread.js', import.meta.url).href;
const pool = () => new Piscina({ filename: threadFile, minThreads: 1, maxThreads: THREADS, atomics: 'disabled' });
const since = (began: number): number => (performance.now() - began) / 1000;

/** Names of queues and jobs: each is there once. */
let made = 0;

/** Seconds in which tasks were handed out and done. */
async function byFarm(server: Server, { count, seconds }: Tasks): Promise<number> {
  // The seconds are what the thread takes; the name makes the job another one.
  const request = { scenarios: [`bench-${made++}`], seconds };
  const job = jobOf({ command: 'prove', request, parts: count, firstFailure: false });
  const began = performance.now();
  await Farm.with(server, (farm) => farm.submit(job));
  const options = { server, threads: THREADS, untilEmpty: true, modules: undefined, threadFile };
  const { done } = await work(options, { say() {}, signal: new AbortController().signal });
  if (done !== count) throw new Error(`the farm has done ${done} of ${count} tasks`);
  return since(began);
}

async function byBullmq(server: Server, { count, seconds }: Tasks): Promise<number> {
  const name = `bench-${made++}`;
  const all = await connected(server, { patient: true });
  const threads = pool();
  const began = performance.now();
  const queue = all.queue(name);
  const task = { job: { request: { seconds } } };
  for (let at = 0; at < count; at += BATCH)
    await queue.addBulk(Array.from({ length: Math.min(BATCH, count - at) }, () => ({ name, data: task })));
  const worker = all.worker(name, ({ data }) => threads.run({ task: data }), { concurrency: THREADS });
  let done = 0;
  await new Promise<void>((resolve) => worker.on('completed', () => ++done === count && resolve()));
  const took = since(began);
  await Promise.all([worker.close(), queue.close()]);
  await threads.destroy();
  return took;
}

async function byThreads({ count, seconds }: Tasks): Promise<number> {
  const threads = pool();
  const began = performance.now();
  await Promise.all(Array.from({ length: count }, () => threads.run({ task: { job: { request: { seconds } } } })));
  const took = since(began);
  await threads.destroy();
  return took;
}

const shown = (times: readonly number[]): string =>
  `${middle(times).toFixed(2)} s (${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)})`;

const running = await (values.postgres ? startPostgres() : startRedis());
if (running === null) throw new Error('there is no such server on this machine');
try {
  const { server } = running;
  const short = { farm: [] as number[], alone: [] as number[] };
  const before = await bytesIn(server);
  let bytes = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    short.farm.push(await byFarm(server, SHORT));
    if (round === 0) bytes = (await bytesIn(server)) - before;
    short.alone.push(await byBullmq(server, SHORT));
  }
  const long = {
    threads: { few: await byThreads(FEW), many: await byThreads(MANY) },
    farm: { few: await byFarm(server, FEW), many: await byFarm(server, MANY) },
  };
  const ratio = middle(short.alone) / middle(short.farm);
  const more = ({ few, many }: typeof long.farm): number => many - few;
  const cost = more(long.farm) / more(long.threads) - 1;
  const once = long.farm.few - long.threads.few;
  const [isFast, isCheap] = [ratio >= 0.5, cost < 0.02];
  const rows = [
    ['', values.postgres ? 'PostgreSQL' : 'Redis', 'budget', ''],
    [`${SHORT.count} tasks of 1 ms by BullMQ alone`, shown(short.alone), '', ''],
    [`${SHORT.count} tasks of 1 ms by the farm`, shown(short.farm), '', ''],
    ['speed of the farm, in that of BullMQ alone', ratio.toFixed(2), '>= 0.50', isFast ? 'ok' : 'OVER'],
    ['tasks a second', (SHORT.count / middle(short.farm)).toFixed(0), '', ''],
    ['bytes a task, with its result', (bytes / SHORT.count).toFixed(0), '', ''],
    ...[FEW, MANY].map(({ count }, i) => [
      `${count} tasks of 5 s by threads alone, and by the farm`,
      (['threads', 'farm'] as const).map((by) => `${Object.values(long[by])[i]?.toFixed(2)} s`).join(', '),
      '',
      '',
    ]),
    ['cost of the farm, of each task of 5 s', `${(100 * cost).toFixed(1)} %`, '< 2 %', isCheap ? 'ok' : 'OVER'],
    ['and once a job', `${once.toFixed(2)} s`, '', ''],
  ];
  for (const line of columns(rows)) console.log(line);
  process.exitCode = isFast && isCheap ? 0 : 1;
} finally {
  await running.stop();
}
