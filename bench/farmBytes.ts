/** How much a server of the farm holds. */
import { optional, type Server } from '../src/farm/server.ts';

/** Bytes in use: of memory for Redis, of its tables and indexes for PostgreSQL. */
export async function bytesIn(server: Server): Promise<number> {
  if ('redis' in server) {
    const { Redis } = await optional('ioredis', () => import('ioredis'));
    const redis = new Redis(server.redis);
    const [, used] = /^used_memory:(\d+)/m.exec(await redis.info('memory')) ?? [];
    redis.disconnect();
    return Number(used);
  }
  const { default: pg } = await optional('pg', () => import('pg'));
  const client = new pg.Client(server.postgres);
  await client.connect();
  const { rows } = await client.query(
    "select coalesce(sum(pg_total_relation_size(c.oid)), 0) as used from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'hmm_lab' and c.relkind in ('r', 'p')",
  );
  await client.end();
  return Number(rows[0].used);
}
