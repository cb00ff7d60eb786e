/** `hmm-lab farm`: long jobs on many machines. */
import { sleep } from '../engines/shared/sleep.ts';
import { Farm, type JobStatus } from '../farm/farm.ts';
import { checkServer, lookAt, type Server, shownServer } from '../farm/server.ts';
import { jobOf } from '../farm/task.ts';
import { work } from '../farm/work.ts';
import { quote } from '../input/unknownName.ts';
import { startLine } from '../report/live.ts';
import { serverFlags, serverOf, submission } from './farmOptions.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptedCode, interruptible } from './interruptible.ts';
import { printReport } from './merge.ts';
import { UsageError } from './usage.ts';

const workFlags = [
  ...serverFlags,
  { name: 'threads', kind: 'whole', min: 1, max: 64, default: 1, help: 'tasks at a time, each in a thread' },
  {
    name: 'allow-modules',
    kind: 'text',
    value: 'DIR',
    help: 'take tasks that name modules below this folder, which becomes the current one; without it none',
  },
  { name: 'until-empty', kind: 'switch', help: 'leave when nothing is left to do, and do not wait for more' },
] as const;

const statusFlags = [
  ...serverFlags,
  { name: 'watch', kind: 'switch', help: 'go on until all jobs are done' },
  { name: 'metrics', kind: 'switch', help: 'print the metrics of the queue in the format of Prometheus' },
  jsonFlag,
] as const;

const jobFlags = [...serverFlags, jsonFlag] as const;

/** Looks at the server, and says what it warns of. */
async function reached(values: Parameters<typeof serverOf>[0]): Promise<Server> {
  const server = serverOf(values);
  checkServer(server);
  for (const warning of await lookAt(server)) process.stderr.write(`warning: ${warning}\n`);
  return server;
}

async function withFarm<T>(server: Server, use: (farm: Farm) => Promise<T>): Promise<T> {
  const farm = await Farm.at(server);
  try {
    return await use(farm);
  } finally {
    await farm.close();
  }
}

async function submit(args: readonly string[]): Promise<number> {
  const { values, command, request } = submission(args);
  const server = await reached(values);
  const job = jobOf({ command, request, parts: values.parts, firstFailure: values['first-failure'] });
  const { isNew } = await withFarm(server, (farm) => farm.submit(job));
  const prose = values.json ? process.stderr : process.stdout;
  prose.write(`${isNew ? 'Submitted' : 'There already'}: job ${job.id}, ${command} in ${job.parts} parts\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(job)}\n`);
  return 0;
}

async function startWork(args: readonly string[]): Promise<number> {
  const { values } = parseArguments('farm', workFlags, args);
  const server = serverOf(values);
  checkServer(server);
  const modules = values['allow-modules'];
  if (modules !== undefined) {
    try {
      process.chdir(modules);
    } catch (error) {
      throw new UsageError(`--allow-modules ${quote(modules)} is no folder`, { cause: error });
    }
  }
  for (const warning of await lookAt(server)) process.stderr.write(`warning: ${warning}\n`);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(`working for ${shownServer(server)} with ${values.threads} thread${values.threads === 1 ? '' : 's'}`);
  const options = {
    server,
    threads: values.threads,
    untilEmpty: values['until-empty'],
    modules: modules === undefined ? undefined : process.cwd(),
  };
  let interrupted = false;
  const worked = await interruptible((signal) => {
    signal.addEventListener('abort', () => {
      interrupted = true;
    });
    return work(options, { say, signal });
  });
  process.stdout.write(`${worked.done} tasks done, ${worked.failed} failed, ${worked.refused} refused\n`);
  return interrupted ? interruptedCode() : 0;
}

function statusLine({ job, parts, done, running, waiting, setAside, again, failedAt }: JobStatus): string {
  const more = [
    ...(running > 0 ? [`${running} running`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(setAside.length > 0 ? [`${setAside.length} set aside`] : []),
    ...(again > 0 ? [`${again} done again`] : []),
    ...(failedAt === null ? [] : [`a rule breaks in part ${failedAt}`]),
  ];
  return `${job.id}  ${job.command}  ${done} of ${parts} done${more.length === 0 ? '' : `, ${more.join(', ')}`}`;
}

const isOver = ({ running, waiting }: JobStatus): boolean => running + waiting === 0;

async function statuses(farm: Farm, id: string | undefined): Promise<JobStatus[]> {
  const jobs = id === undefined ? await farm.jobs() : [await farm.job(id)];
  return Promise.all(jobs.map((job) => farm.status(job)));
}

/** Tasks a second, and the time that is left, since the watching began. */
function pace(all: readonly JobStatus[], began: { readonly at: number; readonly done: number }): string {
  const done = all.reduce((sum, status) => sum + status.done, 0);
  const left = all.reduce((sum, { running, waiting }) => sum + running + waiting, 0);
  const rate = (1000 * (done - began.done)) / Math.max(1, Date.now() - began.at);
  return `${done} done, ${left} left, ${rate.toFixed(1)}/s${rate > 0 ? `, ${Math.ceil(left / rate)} s to go` : ''}`;
}

async function watched(farm: Farm, id: string | undefined, signal: AbortSignal): Promise<JobStatus[]> {
  let all = await statuses(farm, id);
  const began = { at: Date.now(), done: all.reduce((sum, { done }) => sum + done, 0) };
  const live = startLine(process.stderr, (line: string) => line, 5000);
  try {
    while (!signal.aborted && !all.every(isOver)) {
      live.update(`${pace(all, began)}, ${await farm.workers()} workers`);
      await sleep(500);
      all = await statuses(farm, id);
    }
  } finally {
    live.stop();
  }
  return all;
}

async function status(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('farm', statusFlags, args, { what: 'the id of a job', most: 1 });
  const server = await reached(values);
  return withFarm(server, async (farm) => {
    if (values.metrics) {
      process.stdout.write(await farm.metrics());
      return 0;
    }
    const [id] = given;
    const all = values.watch ? await interruptible((signal) => watched(farm, id, signal)) : await statuses(farm, id);
    const prose = values.json ? process.stderr : process.stdout;
    for (const one of all) {
      prose.write(`${statusLine(one)}\n`);
      for (const { part, reason } of one.setAside) prose.write(`  part ${part} was set aside: ${reason}\n`);
    }
    if (all.length === 0) prose.write('no jobs\n');
    const workers = await farm.workers();
    prose.write(`${workers} ${workers === 1 ? 'worker' : 'workers'} for this version\n`);
    if (values.json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/farm-status/1', workers, jobs: all })}\n`);
    return 0;
  });
}

async function result(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('farm', jobFlags, args, { what: 'the id of a job', most: 1 });
  const [id] = given;
  if (id === undefined) throw new UsageError('hmm-lab farm result needs the id of a job');
  const server = await reached(values);
  const report = await withFarm(server, async (farm) => farm.result(await farm.job(id)));
  return printReport(report, values.json);
}

async function cancel(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('farm', jobFlags, args, { what: 'the id of a job', most: 1 });
  const [id] = given;
  if (id === undefined) throw new UsageError('hmm-lab farm cancel needs the id of a job');
  const server = await reached(values);
  await withFarm(server, async (farm) => farm.cancel(await farm.job(id)));
  process.stdout.write(`Cancelled: job ${id}\n`);
  return 0;
}

const verbs = { submit, work: startWork, status, result, cancel } as const;
const isVerb = (word: string | undefined): word is keyof typeof verbs => word !== undefined && Object.hasOwn(verbs, word);

export const farm: Command = {
  name: 'farm',
  argument: `${Object.keys(verbs).join(' | ')} ...`,
  description:
    'Long jobs (prove, matrix, hunt, conformance) on many machines, with a Redis or a PostgreSQL between them. submit [FLAG...] COMMAND [ITS FLAG...] ' +
    'splits a job into tasks; work does tasks, and is started on every machine; status [JOB] says how far they are; result JOB prints the report of the whole; cancel JOB ' +
    'takes it away. A worker that is killed loses nothing but time. docs/farm.md says how to set it up.',
  flags: [...serverFlags, ...workFlags.slice(serverFlags.length), ...statusFlags.slice(serverFlags.length)],
  examples: [
    'hmm-lab farm submit --redis redis://host matrix --driver nouveau',
    'hmm-lab farm work --redis redis://host --threads 8',
    'hmm-lab farm status --redis redis://host --watch',
    'hmm-lab farm result 0123456789ab --redis redis://host --json',
  ],
  async run(args) {
    const [verb, ...rest] = args;
    if (!isVerb(verb)) throw new UsageError(`hmm-lab farm takes ${Object.keys(verbs).join(', ')}, and then what each needs`);
    return verbs[verb](rest);
  },
};
