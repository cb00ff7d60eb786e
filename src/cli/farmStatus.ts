/** `hmm-lab farm status`: how far the jobs are. */
import { sleep } from '../engines/shared/sleep.ts';
import { Farm, type JobStatus } from '../farm/farm.ts';
import { startLine } from '../report/live.ts';
import { reached, serverFlags } from './farmOptions.ts';
import { jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';

export const statusFlags = [
  ...serverFlags,
  { name: 'watch', kind: 'switch', help: 'go on until all jobs are done' },
  { name: 'metrics', kind: 'switch', help: 'print the metrics of the queue in the format of Prometheus' },
  jsonFlag,
] as const;

function statusLine({ job, parts, done, running, waiting, setAside, begunAgain, doneTwice, failedAt }: JobStatus): string {
  const more = [
    ...(running > 0 ? [`${running} running`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(setAside.length > 0 ? [`${setAside.length} set aside`] : []),
    ...(begunAgain > 0 ? [`${begunAgain} begun again`] : []),
    ...(doneTwice > 0 ? [`${doneTwice} done twice`] : []),
    ...(failedAt === null ? [] : [`a rule breaks in part ${failedAt}`]),
  ];
  return `${job.id}  ${job.command}  ${done} of ${parts} done${more.length === 0 ? '' : `, ${more.join(', ')}`}`;
}

const isOver = ({ running, waiting }: JobStatus): boolean => running + waiting === 0;

interface Seen {
  readonly all: readonly JobStatus[];
  /** What there is in the queue of the jobs, and is no job. */
  readonly odd: number;
}

async function seen(farm: Farm, id: string | undefined): Promise<Seen> {
  const { jobs, odd } = id === undefined ? await farm.jobs() : { jobs: [await farm.job(id)], odd: 0 };
  return { all: await Promise.all(jobs.map((job) => farm.status(job))), odd };
}

/** Tasks a second are counted over so long a time. */
const PACE_MS = 30_000;

/** Tasks a second, and the time that is left. */
export class Pace {
  readonly #samples: { readonly at: number; readonly done: number }[] = [];

  line(all: readonly JobStatus[], workers: number, now: number): string {
    const done = all.reduce((sum, status) => sum + status.done, 0);
    const left = all.reduce((sum, { running, waiting }) => sum + running + waiting, 0);
    this.#samples.push({ at: now, done });
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) >= PACE_MS) this.#samples.shift();
    const [first = { at: now, done }] = this.#samples;
    const rate = (1000 * (done - first.done)) / Math.max(1, now - first.at);
    return [
      `${done} done, ${left} left`,
      `${rate.toFixed(1)} tasks/s`,
      ...(rate > 0 ? [`${Math.ceil(left / rate)} s to go`] : []),
      `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    ].join(', ');
  }
}

/** Time between two looks. */
const WATCH_MS = 500;

async function watched(farm: Farm, id: string | undefined, signal: AbortSignal): Promise<Seen> {
  let now = await seen(farm, id);
  const pace = new Pace();
  const live = startLine(process.stderr, (line: string) => line, 5000);
  try {
    while (!signal.aborted && !now.all.every(isOver)) {
      live.update(pace.line(now.all, await farm.workers(), Date.now()));
      await sleep(WATCH_MS);
      now = await seen(farm, id);
    }
  } finally {
    live.stop();
  }
  return now;
}

/** `hmm-lab farm status`. */
export async function status(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('farm', statusFlags, args, { what: 'the id of a job', most: 1 });
  const server = await reached(values);
  return Farm.with(server, async (farm) => {
    if (values.metrics) {
      process.stdout.write(await farm.metrics());
      return 0;
    }
    const [id] = given;
    const { all, odd } = values.watch ? await interruptible((signal) => watched(farm, id, signal)) : await seen(farm, id);
    const prose = values.json ? process.stderr : process.stdout;
    for (const one of all) {
      prose.write(`${statusLine(one)}\n`);
      for (const { part, reason } of one.setAside) prose.write(`  part ${part} was set aside: ${reason}\n`);
    }
    if (all.length === 0) prose.write('no jobs\n');
    if (odd > 0) process.stderr.write(`warning: ${odd} of what is in the queue is no job of this hmm-lab, and is left alone\n`);
    const workers = await farm.workers();
    prose.write(`${workers} ${workers === 1 ? 'worker' : 'workers'} for this version\n`);
    if (values.json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/farm-status/1', workers, jobs: all })}\n`);
    return 0;
  });
}
