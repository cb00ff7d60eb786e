/** A Redis and a PostgreSQL of a test's own: in a folder that goes with it, on a port that was free. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../../src/farm/server.ts';
import { owned } from './children.ts';

export interface TestServer {
  readonly server: Server;
  /** Ends it as a crash would, and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A port that nobody listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** Waits until somebody listens. */
async function listening(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(100);
  }
  throw new Error(`nobody listens on port ${port}`);
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('close', resolve));

/** A server that is a process: started, killed, started again. */
async function processServer(
  server: Server,
  { port, folder, crash }: { readonly port: number; readonly folder: string; readonly crash: NodeJS.Signals },
  spawned: () => ChildProcess,
): Promise<TestServer> {
  const start = (): ChildProcess => owned(spawned(), crash);
  let child = start();
  await listening(port);
  const kill = async (): Promise<void> => {
    child.kill(crash);
    await ended(child);
  };
  return {
    server,
    async restart() {
      await kill();
      child = start();
      await listening(port);
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** Null where there is none. */
export async function startRedis(...more: readonly string[]): Promise<TestServer | null> {
  if (!isThere('redis-server')) return null;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-redis-'));
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', ...more];
  const start = (): ChildProcess => spawn('redis-server', args, { stdio: 'ignore' });
  return processServer({ redis: `redis://127.0.0.1:${port}` }, { port, folder, crash: 'SIGKILL' }, start);
}

/** The folder with PostgreSQL's programs: Debian keeps them by version. */
function postgresPrograms(): string | null {
  const root = '/usr/lib/postgresql';
  const [newest] = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return newest !== undefined && existsSync(join(root, newest, 'bin/initdb')) ? join(root, newest, 'bin') : null;
}

/** Who PostgreSQL runs as: it does not run as root. */
function postgresUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Null where there is none. With a password it asks for that, and otherwise for none. */
export async function startPostgres(password?: string): Promise<TestServer | null> {
  const programs = postgresPrograms();
  if (programs === null) return null;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-postgres-'));
  const user = postgresUser();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const secret = join(folder, 'secret');
  if (password !== undefined) writeFileSync(secret, password);
  const login = password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${secret}`];
  const initialised = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'hmm', ...login, '--no-sync'], {
    ...user,
    cwd: folder,
  });
  if (initialised.status !== 0) throw new Error(`initdb: ${initialised.stderr}`);
  // It is the process that ends here, and not the machine: what was written is there without a flush, which can take a minute on a busy disk.
  const args = ['-D', data, '-p', `${port}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
  const start = (): ChildProcess => spawn(join(programs, 'postgres'), args, { ...user, cwd: folder, stdio: 'ignore' });
  // An immediate shutdown: nothing is written any more, and the next start recovers. Its processes would outlive a SIGKILL of their first.
  const about = { port, folder, crash: 'SIGQUIT' } as const;
  const started = await processServer({ postgres: `postgres://hmm@127.0.0.1:${port}/postgres` }, about, start);
  // Its port is open before it takes anybody.
  await sleep(500);
  return started;
}
