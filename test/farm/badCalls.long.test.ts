/** What cannot go well: each call says in a sentence what is wrong, or, of a worker, what it waits for; none hangs, none shows a password. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { JOBS, tasksQueue } from '../../src/farm/queues.ts';
import { connected, type Server } from '../../src/farm/server.ts';
import { type BadServer, startHttp, startLine, startOldRedis, startSilent } from './badServers.ts';
import { freePort, startPostgres, startRedis, type TestServer } from './servers.ts';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const SECRET = 'hush-hush';

/** A call that takes longer hangs. A server may be silent for 8 s; the rest is for a busy machine. */
const HANGS_MS = 180_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

class Call {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #out = '';
  err = '';

  constructor(server: Server, args: readonly string[]) {
    const address = 'redis' in server ? { HMM_LAB_REDIS: server.redis } : { HMM_LAB_POSTGRES: server.postgres };
    const { HMM_LAB_REDIS, HMM_LAB_POSTGRES, ...rest } = process.env;
    this.#child = spawn(process.execPath, [main, 'farm', ...args], {
      env: { ...rest, ...address },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.#child.stdout?.on('data', (data) => {
      this.#out += data;
    });
    this.#child.stderr?.on('data', (data) => {
      this.err += data;
    });
    this.#ended = new Promise((resolve) =>
      this.#child.once('close', (code) => {
        running.delete(this.#child);
        const all = { code, out: this.#out, err: this.err };
        assert.doesNotMatch(`${all.out}${all.err}`, new RegExp(SECRET), args.join(' '));
        resolve(all);
      }),
    );
  }

  /** Waits until it has said something. */
  async says(what: RegExp): Promise<void> {
    for (const until = Date.now() + HANGS_MS; !what.test(this.err); await sleep(50))
      assert.ok(Date.now() < until && this.#child.exitCode === null, `${what} was not said, but: ${this.err}`);
  }

  async ended(): Promise<Ended> {
    const watchdog = setTimeout(() => this.#child.kill('SIGKILL'), HANGS_MS);
    const ended = await this.#ended;
    clearTimeout(watchdog);
    return ended;
  }

  async interrupted(): Promise<Ended> {
    this.#child.kill('SIGINT');
    return this.ended();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One sentence, exit code 2. */
async function refuses(server: Server, args: readonly string[], why: RegExp): Promise<void> {
  const { code, out, err } = await new Call(server, args).ended();
  const [sentence = '', ...more] = err
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('warning: '));
  assert.deepEqual([code, out, more], [2, '', []], `${args.join(' ')}: ${err}`);
  assert.match(sentence, /^hmm-lab: (redis|postgres):\/\/127\.0\.0\.1:\d+(\/\S*)? cannot be used: /);
  assert.match(sentence, why);
}

const SUBMIT = ['submit', '--parts', '2', 'prove', 'mini-hmm', '--seconds', '5'];
const NAME = '0123456789ab';
const calls = [['status'], ['status', '--watch'], ['result', NAME], ['cancel', NAME], SUBMIT, ['work']];

const addresses = [
  ['Redis', (port: number, login = ''): Server => ({ redis: `redis://${login}127.0.0.1:${port}` })],
  ['PostgreSQL', (port: number, login = 'hmm@'): Server => ({ postgres: `postgres://${login}127.0.0.1:${port}/postgres` })],
] as const;

const portOf = (server: Server): number => Number(new URL('redis' in server ? server.redis : server.postgres).port);

async function at<T extends BadServer | TestServer>(
  starting: Promise<T | null>,
  use: (server: T) => Promise<void>,
): Promise<boolean> {
  const server = await starting;
  if (server === null) return false;
  try {
    await use(server);
  } finally {
    await server.stop();
  }
  return true;
}

async function submitted(server: Server, args: readonly string[] = SUBMIT): Promise<string> {
  const { code, out, err } = await new Call(server, args).ended();
  assert.equal(code, 0, err);
  return /job ([0-9a-f]{12})/.exec(out)?.[1] ?? '';
}

test('a Redis of long ago is none', async () => {
  await at(startOldRedis(), async ({ port }) => {
    await refuses({ redis: `redis://127.0.0.1:${port}` }, ['status'], /: it is Redis 3\.2\.1, allowed is 5 or newer$/);
  });
});

// Most of the time is spent waiting for a server that says nothing: the two need not wait for each other.
describe('bad calls', { concurrency: true }, () => {
  for (const [name, address] of addresses)
    describe(name, () => {
      const isRedis = name === 'Redis';
      const start = (password?: string): Promise<TestServer | null> =>
        isRedis ? startRedis(...(password === undefined ? [] : ['--requirepass', password])) : startPostgres(password);
      const withServer = (
        title: string,
        starting: () => Promise<TestServer | null>,
        run: (server: TestServer) => Promise<void>,
      ): void => {
        test(`${name}: ${title}`, async (t) => {
          if (!(await at(starting(), run))) t.skip(`there is no ${name} on this machine`);
        });
      };

      test(`${name}: nobody is there`, async () => {
        const port = await freePort();
        for (const args of calls) await refuses(address(port, `hmm:${SECRET}@`), args, /: ECONNREFUSED$/);
      });

      test(`${name}: somebody is there who says nothing, or speaks another language`, async () => {
        await at(startSilent(), async ({ port }) => {
          await Promise.all([['status'], ['work']].map((args) => refuses(address(port), args, /: it does not answer$/)));
        });
        await at(startHttp(), async ({ port }) => {
          await refuses(address(port), ['status'], /: (what answers there is no Redis|the connection was cut off)$/);
        });
      });

      withServer(
        'a password that is wrong, or is not there',
        () => start(SECRET),
        async ({ server }) => {
          const port = portOf(server);
          const why = isRedis ? /: (WRONGPASS|NOAUTH) / : /: (password authentication failed|SASL: )/;
          for (const login of [isRedis ? '' : 'hmm@', `hmm:${SECRET}-not@`, `${isRedis ? '' : 'hmm'}:${SECRET.toUpperCase()}@`])
            await refuses(address(port, login), ['status'], why);
          await refuses(address(port, `hmm:${SECRET}-not@`), ['work'], why);
          await submitted(address(port, `${isRedis ? '' : 'hmm'}:${SECRET}@`));
        },
      );

      withServer(
        'what is in the queues is no job and no task',
        () => start(),
        async ({ server }) => {
          const all = await connected(server, { patient: false });
          const [jobs, tasks] = [all.queue(JOBS), all.queue(tasksQueue())];
          await jobs.add('x', { rm: '-rf' }, { jobId: NAME });
          await tasks.add('x', { rm: '-rf' }, { jobId: `${NAME}-1` });
          await Promise.all([jobs.close(), tasks.close()]);
          const listed = await new Call(server, ['status']).ended();
          assert.deepEqual([listed.code, listed.out], [0, 'no jobs\n0 workers for this version\n']);
          assert.match(listed.err, /^warning: 1 of what is in the queue is no job of this hmm-lab, and is left alone$/m);
          for (const verb of ['status', 'result', 'cancel']) {
            const { code, err } = await new Call(server, [verb, NAME]).ended();
            assert.deepEqual([code, /^hmm-lab: what was in the queue is no job of hmm-lab: .*$/m.test(err)], [2, true], err);
          }
          const worked = await new Call(server, ['work', '--until-empty']).ended();
          assert.deepEqual([worked.code, worked.out], [0, '0 tasks done, 0 failed, 1 refused\n'], worked.err);
          assert.match(worked.err, /^set aside: 0123456789ab-1: what was in the queue is no task of hmm-lab: /m);
        },
      );

      withServer(
        'somebody else keeps other things under the same names',
        () => start(),
        async ({ server }) => {
          if ('redis' in server) {
            const { Redis } = await import('ioredis');
            const client = new Redis(server.redis);
            await client.set(`bull:${JOBS}:wait`, 'x');
            client.disconnect();
          } else {
            const { Client } = await import('pg');
            const client = new Client({ connectionString: server.postgres });
            await client.connect();
            await client.query('create schema hmm_lab; create table hmm_lab.migration (stork text)');
            await client.end();
          }
          const why = isRedis ? /: .*WRONGTYPE / : /: .*"?(version|min_client_version)"? /;
          for (const args of [['status'], SUBMIT]) await refuses(server, args, why);
        },
      );

      withServer(
        'the line is cut in the middle of a call, and nobody says so',
        () => start(),
        async ({ server }) => {
          const port = portOf(server);
          const why = /: (it does not answer|the connection was cut off)$/;
          const id = await submitted(server);
          const big = ['submit', '--parts', '20000', 'prove', 'mini-hmm', '--seconds', '6'];
          // The first connection is that of the look at the server beforehand.
          const after: readonly (readonly [readonly string[], object])[] = [
            [['status', id], { connections: 1 }],
            [['result', id], { connections: 1 }],
            [['cancel', id], { connections: 1 }],
            [SUBMIT, { connections: 1 }],
            [big, { bytes: 2_000_000 }],
          ];
          await Promise.all(
            after.map(([args, when]) => at(startLine(port, when), (line) => refuses(address(line.port), args, why))),
          );
          await at(startLine(port), async (line) => {
            const watching = new Call(address(line.port), ['status', '--watch']);
            await watching.says(/ left, /);
            line.cut();
            const { code, err } = await watching.ended();
            assert.equal(code, 2, err);
            assert.match(err.trim().split('\n').at(-1) ?? '', why);
          });
        },
      );

      withServer(
        'a worker whose line is cut says what it waits for, and goes on when it is mended',
        () => start(),
        async ({ server }) => {
          await at(startLine(portOf(server)), async (line) => {
            const worker = new Call(address(line.port), ['work']);
            await worker.says(/^working for /m);
            const done = (id: string): RegExp => new RegExp(`done: ${id}-1[^]*done: ${id}-2|done: ${id}-2[^]*done: ${id}-1`);
            await worker.says(done(await submitted(server)));
            line.cut();
            await worker.says(/^waiting for (redis|postgres):\/\/127.0.0.1:\d+(\/\w+)?: it does not answer$/m);
            line.mend();
            await worker.says(done(await submitted(server, ['submit', '--parts', '2', 'prove', 'mini-hmm', '--seconds', '4'])));
            const { code, out } = await worker.interrupted();
            assert.deepEqual([code, out], [130, '4 tasks done, 0 failed, 0 refused\n']);
          });
        },
      );

      withServer(
        'the server goes away while somebody watches, and while a worker waits',
        () => start(),
        async (all) => {
          const id = await submitted(all.server, ['submit', '--parts', '1', 'prove', 'own-pfn-reused', '--seconds', '600']);
          const watching = new Call(all.server, ['status', '--watch', id]);
          await watching.says(/ left, /);
          const worker = new Call(all.server, ['work']);
          await worker.says(/^working for /m);
          // A worker that has not begun when the server goes ends, and is started again.
          for (let asked = 0, says = ''; !/ 1 running/.test(says); asked++) {
            assert.ok(asked < 100, `the worker does not begin: ${says}`);
            await sleep(200);
            says = (await new Call(all.server, ['status', id]).ended()).out;
          }
          await all.stop();
          const { code, err } = await watching.ended();
          assert.equal(code, 2, err);
          assert.match(err.trim().split('\n').at(-1) ?? '', /cannot be used: /);
          await worker.says(/^waiting for .*: ECONNREFUSED$/m);
          assert.equal((await worker.interrupted()).code, 130);
        },
      );
    });
});
