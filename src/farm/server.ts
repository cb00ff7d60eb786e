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

/** What nobody may see of the address. */
export function secretsOf(server: Server): string[] {
  try {
    const { password, searchParams } = new URL(urlOf(server));
    return [password, decodeURIComponent(password), searchParams.get('password') ?? ''].filter((secret) => secret !== '');
  } catch {
    return [];
  }
}

/** @throws UsageError for what is no address of that kind. */
export function checkServer(server: Server): void {
  const [flag, schemes] = 'redis' in server ? ['redis', ['redis:', 'rediss:']] : ['postgres', ['postgres:', 'postgresql:']];
  let protocol = '';
  try {
    const url = new URL(urlOf(server));
    // A password with a '%' that stands for nothing is refused here, where it is not shown.
    decodeURIComponent(`${url.username}${url.password}`);
    protocol = url.protocol;
  } catch {
    // No address at all. It may have a password in it, and is not shown.
  }
  if (!schemes.includes(protocol))
    throw new UsageError(`--${flag} is no such address, allowed is ${schemes[0]}//[USER:PASSWORD@]HOST[:PORT][/DATABASE]`);
}

/** A package that only the farm needs. @throws UsageError when it is not installed. */
export async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
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
const LONGEST_WAIT_MS = 3000;

/** A server that says nothing for so long is away: the connection is given up. Longer than a worker waits for a task at a time. */
export const SILENT_MS = 8000;

/** Connections to PostgreSQL of one queue: it has few for all. */
const MOST_CONNECTIONS = 3;

/** A worker, or `patient` otherwise, waits for a server that goes away and comes back; other calls fail when it is away. */
export async function connected(server: Server, { patient }: { readonly patient: boolean }): Promise<Connected> {
  const { Queue, Worker, createPostgresBackend } = await loadBullmq();
  if ('postgres' in server) {
    // Who is cut off in the middle of a transaction keeps its locks for no longer than that.
    const idle = { idle_in_transaction_session_timeout: SILENT_MS };
    const limits = { connectionTimeoutMillis: SILENT_MS, query_timeout: SILENT_MS, max: MOST_CONNECTIONS, ...idle };
    const connection = { connectionString: server.postgres, schema: 'hmm_lab', migrate: true, ...limits };
    return {
      queue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
      worker: (name, processor, options) =>
        new Worker(name, processor, { ...options, connection } as never, createPostgresBackend) as unknown as Worker,
    };
  }
  const retryStrategy = (times: number): number | null => (patient ? Math.min(100 * times, LONGEST_WAIT_MS) : null);
  const limits = { connectTimeout: SILENT_MS, socketTimeout: SILENT_MS, maxRetriesPerRequest: patient ? null : 0 };
  const connection = { url: server.redis, retryStrategy, ...limits };
  return {
    queue: (name) => new Queue(name, { connection }),
    worker: (name, processor, options) => new Worker(name, processor, { ...options, connection }),
  };
}
