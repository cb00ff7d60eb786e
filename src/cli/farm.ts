/** `hmm-lab farm`: long jobs on many machines. */
import { Farm } from '../farm/farm.ts';
import { jobOf } from '../farm/task.ts';
import { reached, serverFlags, submission } from './farmOptions.ts';
import { status, statusFlags } from './farmStatus.ts';
import { startWork, workFlags } from './farmWork.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { printReport } from './merge.ts';
import { UsageError } from './usage.ts';

const jobFlags = [...serverFlags, jsonFlag] as const;

async function submit(args: readonly string[]): Promise<number> {
  const { values, command, request } = await submission(args);
  const server = await reached(values);
  const job = jobOf({ command, request, parts: values.parts, firstFailure: values['first-failure'] });
  const { isNew } = await Farm.with(server, (farm) => farm.submit(job));
  const prose = values.json ? process.stderr : process.stdout;
  prose.write(`${isNew ? 'Submitted' : 'There already'}: job ${job.id}, ${command} in ${job.parts} parts\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(job)}\n`);
  return 0;
}

async function result(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('farm', jobFlags, args, { what: 'the id of a job', most: 1 });
  const [id] = given;
  if (id === undefined) throw new UsageError('hmm-lab farm result needs the id of a job');
  const server = await reached(values);
  const report = await Farm.with(server, async (farm) => farm.result(await farm.job(id)));
  return printReport(report, values.json);
}

async function cancel(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('farm', jobFlags, args, { what: 'the id of a job', most: 1 });
  const [id] = given;
  if (id === undefined) throw new UsageError('hmm-lab farm cancel needs the id of a job');
  const server = await reached(values);
  await Farm.with(server, async (farm) => farm.cancel(await farm.job(id)));
  process.stdout.write(`Cancelled: job ${id}\n`);
  return 0;
}

const verbs = { submit, work: startWork, status, result, cancel } as const;
const isVerb = (word: string | undefined): word is keyof typeof verbs => word !== undefined && Object.hasOwn(verbs, word);

export const farm: Command = {
  name: 'farm',
  argument: `${Object.keys(verbs).join(' | ')} ...`,
  description:
    'Long jobs (prove, matrix, hunt, fuzz, measure, conformance) on many machines, with a Redis or a PostgreSQL between them. submit [FLAG...] COMMAND [ITS FLAG...] ' +
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
