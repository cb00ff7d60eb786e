/** The server that holds the queues: Redis, or PostgreSQL, by the same calls. */
import type { Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import { UsageError } from '../input/usageError.ts';

/** Where the server is: one of the two. */
export type Server = { readonly redis: string } | { readonly postgres: string };

const urlOf = (server: Server): string => ('redis' in server ? server.redis : server.postgres);

/** The address without what is secret. */
export function shownServer(server: Server): string {
  try {
    const { protocol, host, pathname } = new URL(urlOf(server));
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'the server';
  }
}

/** @throws UsageError for what is no address of that kind. */
export function checkServer(server: Server): void {
  const [flag, schemes] = 'redis' in server ? ['redis', ['redis:', 'rediss:']] : ['postgres', ['postgres:', 'postgresql:']];
  let protocol = '';
  try {
    ({ protocol } = new URL(urlOf(server)));
  } catch {
    // No address at all. It may have a password in it, and is not shown.
  }
  if (!schemes.includes(protocol))
    throw new UsageError(`--${flag} is no such address, allowed is ${schemes[0]}//[USER:PASSWORD@]HOST[:PORT][/DATABASE]`);
}

/** A package that only the farm needs. @throws UsageError when it is not installed. */
async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      `the farm needs the package ${name}, which is not installed: npm install bullmq@6.7.0 ioredis@6.0.0 pg@8.23.1 ajv@8.20.0`,
      { cause: error },
    );
  }
}

export const loadBullmq = (): Promise<typeof import('bullmq')> => optional('bullmq', () => import('bullmq'));
/** Not of the queue, but of what has come out of it. */
export const loadAjv = () => optional('ajv', () => import('ajv'));

/** Makes queues and workers of this server. */
export interface Connected {
  readonly queue: (name: string) => Queue;
  readonly worker: (name: string, processor: Processor, options: Omit<WorkerOptions, 'connection'>) => Worker;
}

/** Waits for a server that is not there between two attempts to reach it: so long at most. */
const LONGEST_WAIT_MS = 5000;

/** A worker, or `patient` otherwise, waits for a server that goes away and comes back; other calls say that it is away. */
export async function connected(server: Server, { patient }: { readonly patient: boolean }): Promise<Connected> {
  const { Queue, Worker, createPostgresBackend } = await loadBullmq();
  if ('postgres' in server) {
    const connection = { connectionString: server.postgres, schema: 'hmm_lab', migrate: true };
    return {
      queue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
      worker: (name, processor, options) =>
        new Worker(name, processor, { ...options, connection } as never, createPostgresBackend) as unknown as Worker,
    };
  }
  const retryStrategy = (times: number): number => Math.min(100 * times, LONGEST_WAIT_MS);
  const connection = { url: server.redis, maxRetriesPerRequest: patient ? null : 3, retryStrategy };
  return {
    queue: (name) => new Queue(name, { connection }),
    worker: (name, processor, options) => new Worker(name, processor, { ...options, connection }),
  };
}

/** Why the server cannot be used, in a few words, without its address. */
function reason(error: unknown): string {
  const { code, message, errors } = error as { code?: string; message?: string; errors?: readonly unknown[] };
  if (errors?.[0] !== undefined) return reason(errors[0]);
  return /^(ECONN|ENOTFOUND|EAI|ETIMEDOUT|EHOST)/.test(code ?? '')
    ? (code as string)
    : ((message ?? 'no answer').split('\n')[0] ?? '');
}

const TIMEOUT_MS = 5000;

/** Looks at a Redis: what would lose jobs is refused, or warned of. */
async function lookAtRedis(url: string, where: string): Promise<string[]> {
  const { Redis } = await optional('ioredis', () => import('ioredis'));
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: TIMEOUT_MS,
  });
  // Of a connection that fails the promise says only that it is closed, and this says why.
  let why: unknown;
  client.on('error', (error) => {
    why = error;
  });
  try {
    await client.connect().catch((error) => {
      throw why ?? error;
    });
    const info = await client.info();
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
    if (policy !== 'noeviction')
      throw new UsageError(
        `${where} may drop jobs when its memory is full: its maxmemory-policy is ${policy}, allowed is noeviction`,
      );
    return /^aof_enabled:1/m.test(info)
      ? []
      : [`${where} keeps no log of what it is told (appendonly no): jobs are lost when it is restarted`];
  } finally {
    client.disconnect();
  }
}

async function lookAtPostgres(url: string): Promise<string[]> {
  const { Client } = await optional('pg', () => import('pg'));
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return [];
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Looks whether the server is there and fit. Returns what to warn of.
 *
 * @throws UsageError, one sentence, when it is not: no answer, a wrong password, jobs that it may drop.
 */
export async function lookAt(server: Server): Promise<string[]> {
  const where = shownServer(server);
  try {
    return 'redis' in server ? await lookAtRedis(server.redis, where) : await lookAtPostgres(server.postgres);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${where} cannot be used: ${reason(error)}`);
  }
}
