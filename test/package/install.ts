/** The package as its users get it: packed, installed in an empty folder by npm or pnpm, run by each version of Node. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The versions of Node that the package is for; pnpm as of the last version that runs on all of them. */
export const NODES = [20, 22, 24, 26] as const;
const PNPM = 'pnpm@10.34.8';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Nothing of ours is in its environment: npm sets variables for what it runs. */
export function runIn(cwd: string, command: string, ...args: readonly string[]): Promise<Ran> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/i.test(name)));
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd, env, maxBuffer: 1 << 28 }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

export interface Packed {
  readonly tarball: string;
  readonly unpackedSize: number;
  readonly files: readonly string[];
}

/** Packs what is built. @throws when npm does not. */
export async function pack(into: string): Promise<Packed> {
  const { status, stdout, stderr } = await runIn(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', into);
  if (status !== 0) throw new Error(`npm pack: ${stderr}`);
  const [packed] = JSON.parse(stdout) as [{ filename: string; unpackedSize: number; files: { path: string }[] }];
  return {
    tarball: join(into, packed.filename),
    unpackedSize: packed.unpackedSize,
    files: packed.files.map(({ path }) => path),
  };
}

/** An empty folder, which it makes. */
export function folder(...path: readonly string[]): string {
  const made = join(...path);
  mkdirSync(made, { recursive: true });
  return made;
}

/** Why a registry cannot be asked, from what npm or pnpm says; null when something else is wrong. */
function outOfReach({ stdout, stderr }: Ran): string | null {
  const network =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ETARGET|ENOTCACHED|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL/;
  return network.exec(stdout + stderr)?.[0] ?? null;
}

/** What was got, or why the network does not give it. */
export type Got<T> = T | { readonly missing: string };

export const isMissing = <T extends object | string>(got: Got<T>): got is { readonly missing: string } =>
  typeof got === 'object' && 'missing' in got;

/** @throws when the installation fails, and not for the network. */
function installed<T>(ran: Ran, what: string, result: () => T): Got<T> {
  if (ran.status === 0) return result();
  const reason = outOfReach(ran);
  if (reason !== null) return { missing: `${what} cannot be had (${reason})` };
  throw new Error(`${what}: ${ran.stdout}${ran.stderr}`);
}

const QUIET = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** The binary of a version of Node: this very one, or the one in the npm package `node`. */
export async function nodeBinary(major: number, at: string): Promise<Got<string>> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const ran = await runIn(at, 'npm', 'install', `node@${major}`, ...QUIET);
  return installed(ran, `Node ${major}`, () => join(at, 'node_modules', 'node', 'bin', 'node'));
}

export const INSTALLERS = ['npm', 'pnpm'] as const;

/** Installs a tarball in an empty folder, by a package manager which is had beside it. */
export async function install(tarball: string, by: (typeof INSTALLERS)[number], at: string): Promise<Got<string>> {
  const project = folder(at, 'project');
  writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "version": "1.0.0", "type": "module", "private": true }\n');
  if (by === 'npm')
    return installed(await runIn(project, 'npm', 'install', tarball, ...QUIET), 'the package by npm', () => project);
  const tool = folder(at, 'pnpm');
  const got = installed(await runIn(tool, 'npm', 'install', PNPM, ...QUIET), PNPM, () => tool);
  if (isMissing(got)) return got;
  const pnpm = join(tool, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
  const ran = await runIn(project, process.execPath, pnpm, 'add', tarball, '--store-dir', join(at, 'store'), '--prefer-offline');
  return installed(ran, 'the package by pnpm', () => project);
}
