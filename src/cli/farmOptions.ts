/** What the farm is asked for on the command line: the server, and the job. */
import { checkRequest } from '../farm/call.ts';
import { lookAt } from '../farm/lookAt.ts';
import { checkServer, type Server } from '../farm/server.ts';
import { type FarmCommand, farmCommands, type JobRequest } from '../farm/task.ts';
import { readySweep } from '../library/readySweep.ts';
import { conformanceRequest } from './conformance.ts';
import { type Flag, jsonFlag, parseArguments } from './flags.ts';
import { fuzzRequest } from './fuzz.ts';
import { huntRequest } from './hunt.ts';
import { matrixRequest } from './matrix.ts';
import { measureOptionsOf, sweepFlag } from './measureOptions.ts';
import { proveRequest } from './prove.ts';
import { UsageError } from './usage.ts';

export const serverFlags = [
  {
    name: 'redis',
    kind: 'text',
    value: 'URL',
    defaultText: 'that of HMM_LAB_REDIS',
    help: 'the Redis that holds the queues',
    example: 'redis://:PASSWORD@host:6379/0',
  },
  {
    name: 'postgres',
    kind: 'text',
    value: 'URL',
    defaultText: 'that of HMM_LAB_POSTGRES',
    help: 'the PostgreSQL that holds the queues',
    example: 'postgres://USER:PASSWORD@host/database',
  },
] as const satisfies readonly Flag[];

/** @throws UsageError when there is none, or more than one. */
export function serverOf(values: { readonly redis?: string | undefined; readonly postgres?: string | undefined }): Server {
  const { HMM_LAB_REDIS, HMM_LAB_POSTGRES } = process.env;
  const isGiven = values.redis !== undefined || values.postgres !== undefined;
  const { redis, postgres } = isGiven ? values : { redis: HMM_LAB_REDIS, postgres: HMM_LAB_POSTGRES };
  if (redis !== undefined && postgres !== undefined)
    throw new UsageError('--redis and --postgres are two servers, allowed is one');
  if (redis !== undefined) return { redis };
  if (postgres !== undefined) return { postgres };
  throw new UsageError('hmm-lab farm needs a server: --redis URL or --postgres URL, or HMM_LAB_REDIS or HMM_LAB_POSTGRES');
}

/** The server that is asked for, once it was looked at; what it warns of is said. @throws UsageError when it cannot be used. */
export async function reached(values: Parameters<typeof serverOf>[0]): Promise<Server> {
  const server = serverOf(values);
  checkServer(server);
  for (const warning of await lookAt(server)) process.stderr.write(`warning: ${warning}\n`);
  return server;
}

export const submitFlags = [
  ...serverFlags,
  {
    name: 'parts',
    kind: 'whole',
    min: 1,
    max: 100_000,
    default: 50,
    help: 'tasks that the job is split into; a task should take some seconds',
  },
  {
    name: 'first-failure',
    kind: 'switch',
    help: 'the first part in which a rule breaks decides, and later ones are not done',
  },
  jsonFlag,
] as const;

/** A sweep of virtual time: a race measures the machine that it is on. */
function sweepRequest(args: readonly string[]): object {
  const { request } = measureOptionsOf(args);
  if (request.engine === 'race') throw new UsageError('--engine is race, which measures one machine, allowed is simulate');
  // Each task is in a thread of its worker as it is.
  return { workers: 1, ...request };
}

const requests: Readonly<Record<FarmCommand, (args: readonly string[]) => object>> = {
  prove: proveRequest,
  matrix: matrixRequest,
  hunt: huntRequest,
  fuzz: fuzzRequest,
  measure: sweepRequest,
  conformance: conformanceRequest,
};

/** Flags that are about what is done with a report, which `farm result` prints. */
const NOT_HERE = /^--(json|markdown|html|out|fresh|corpus|shard)(=|$)/;

/** The flags before the command, the command, and what it is asked for. */
export async function submission(args: readonly string[]) {
  const at = args.findIndex((arg) => (farmCommands as readonly string[]).includes(arg));
  if (at < 0) throw new UsageError(`hmm-lab farm submit needs what is to be done, allowed are ${farmCommands.join(', ')}`);
  const { values } = parseArguments('farm', submitFlags, args.slice(0, at));
  const [command, ...rest] = args.slice(at) as [FarmCommand, ...string[]];
  const odd = rest.find((arg) => NOT_HERE.test(arg));
  if (odd !== undefined)
    throw new UsageError(`${odd} does not go with farm submit: hmm-lab farm result prints what comes of a job`);
  // As JSON has it: what is undefined is not there.
  const request = JSON.parse(JSON.stringify(requests[command](rest))) as JobRequest;
  // Each part of a sweep has a cell at least, and what is wrong with one is known before it is handed out.
  if (command === 'measure')
    await readySweep({ ...request, shard: [1, values.parts] }, (name) => (name === 'shard' ? '--parts' : sweepFlag(name)));
  else await checkRequest(command, request);
  return { values, command, request };
}
