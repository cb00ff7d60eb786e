/** What is wrong with a server, found out before it is used, and in words. */
import { UsageError } from '../input/usageError.ts';
import { optional, type Server, secretsOf, shownServer } from './server.ts';

/** Messages of the drivers that all mean that there was no answer in time. */
const SILENT =
  /^(Socket timeout|Query read timeout|timeout expired|timeout exceeded|connect ETIMEDOUT|.* due to connection timeout)/;
const OTHER_LANGUAGE = /^(Unknown RESP type|Protocol error)/;
const CUT_OFF = /^(Connection is closed|Connection terminated)/;

function wordsOf(error: unknown): string {
  const { code, message, errors } = error as { code?: string; message?: string; errors?: readonly unknown[] };
  if (errors?.[0] !== undefined) return wordsOf(errors[0]);
  const [first = ''] = (message ?? '').split('\n');
  if (SILENT.test(first) || code === 'ETIMEDOUT') return 'it does not answer';
  if (CUT_OFF.test(first) || code === 'EPIPE' || code === 'ECONNRESET') return 'the connection was cut off';
  if (OTHER_LANGUAGE.test(first)) return 'what answers there is no Redis';
  if (/^(ECONN|ENOTFOUND|EAI|EHOST|ENET)/.test(code ?? '')) return code as string;
  return first === '' ? 'it does not answer' : first;
}

/** Why the server cannot be used, in a few words, without its address and what is secret in it. */
export function reason(error: unknown, server: Server): string {
  return secretsOf(server).reduce((words, secret) => words.replaceAll(secret, '***'), wordsOf(error));
}

/** A fault of this code, which no server is to blame for. */
const isOwnFault = (error: unknown): boolean => [TypeError, RangeError, ReferenceError].some((own) => error instanceof own);

/** What has failed with a server, as one sentence; what is no fault of the server stays what it is. */
export function sentence(error: unknown, server: Server): unknown {
  if (error instanceof UsageError || isOwnFault(error)) return error;
  return new UsageError(`${shownServer(server)} cannot be used: ${reason(error, server)}`);
}

/** A server that does not say what it is for so long is none. */
const TIMEOUT_MS = 5000;

/** The oldest Redis that the queue works with. */
const OLDEST_REDIS = 5;

function lookAtInfo(info: string, where: string): string[] {
  const [, found = '?', major] = /^redis_version:((\d+)\S*)/m.exec(info) ?? [];
  if (major === undefined) throw new UsageError(`${where} cannot be used: what answers there does not say that it is a Redis`);
  if (Number(major) < OLDEST_REDIS)
    throw new UsageError(`${where} cannot be used: it is Redis ${found}, allowed is ${OLDEST_REDIS} or newer`);
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  if (policy !== 'noeviction')
    throw new UsageError(
      `${where} may drop jobs when its memory is full: its maxmemory-policy is ${policy}, allowed is noeviction`,
    );
  return /^aof_enabled:1/m.test(info)
    ? []
    : [`${where} keeps no log of what it is told (appendonly no): jobs are lost when it is restarted`];
}

async function lookAtRedis(url: string, where: string): Promise<string[]> {
  const { Redis } = await optional('ioredis', () => import('ioredis'));
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  // Of a connection that fails the promise says only that it is closed, and this says why.
  let why: unknown;
  client.on('error', (error) => {
    why ??= error;
  });
  try {
    await client.connect();
    return lookAtInfo(await client.info(), where);
  } catch (error) {
    throw error instanceof UsageError ? error : (why ?? error);
  } finally {
    client.disconnect();
  }
}

async function lookAtPostgres(url: string): Promise<string[]> {
  const { Client } = await optional('pg', () => import('pg'));
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return [];
  } finally {
    // To end it is a message to a server that may be silent: nobody waits for the answer.
    void client.end().catch(() => {});
  }
}

/**
 * Looks whether the server is there and fit. Returns what to warn of.
 *
 * @throws UsageError, one sentence, when it is not: no answer, a wrong password, jobs that it may drop.
 */
export async function lookAt(server: Server): Promise<string[]> {
  try {
    return 'redis' in server ? await lookAtRedis(server.redis, shownServer(server)) : await lookAtPostgres(server.postgres);
  } catch (error) {
    throw sentence(error, server);
  }
}
