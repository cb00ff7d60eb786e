/** The agent (`kernel/`): one static program that does operations on a real kernel, compiled where it is first needed. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../input/usageError.ts';
import { packageRoot } from '../package/version.ts';

/** Where its sources are. */
export const agentFolder = fileURLToPath(new URL('kernel/', packageRoot));

/** Nothing of the machine it is compiled on is needed where it runs. */
const OPTIONS = ['-O2', '-static', '-pthread'];

/** What it shares with the module. */
const SHARED = 'hold/hold.h';

const sources = (): string[] => [...readdirSync(agentFolder), SHARED].filter((name) => /\.[ch]$/.test(name)).sort();

/** Of all that the program depends on: the same sources are compiled once. */
function contentMark(compiler: string): string {
  const hash = createHash('sha256').update([compiler, ...OPTIONS].join(' '));
  for (const name of sources()) hash.update(`\n${name}\n`).update(readFileSync(join(agentFolder, name)));
  return hash.digest('hex').slice(0, 16);
}

const { XDG_CACHE_HOME, CC = 'cc' } = process.env;

/** What was compiled, by its content. */
export const CACHE = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hmm-lab');

/** The first line of what a compiler said that names an error. */
export const complaint = (text: string): string =>
  text.split('\n').find((line) => line.includes('error')) ?? text.split('\n', 1)[0] ?? '';

/**
 * The path of the program. It is compiled if these sources never were by this user.
 *
 * @param compiler a C compiler with a static libc.
 * @param folder where programs are kept that were compiled before.
 * @throws UsageError where there is no compiler, or it cannot compile the agent.
 */
export function agentProgram(compiler = CC, folder = CACHE): string {
  const program = join(folder, `agent-${contentMark(compiler)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  const files = sources().filter((name) => name.endsWith('.c'));
  try {
    execFileSync(compiler, [...OPTIONS, '-o', fresh, ...files], {
      cwd: agentFolder,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    if (code === 'ENOENT')
      throw new UsageError(`there is no C compiler '${compiler}' to compile the agent with, allowed is any by the variable CC`);
    throw new UsageError(`'${compiler}' does not compile the agent: ${complaint(stderr ?? String(code))}`);
  }
  renameSync(fresh, program);
  return program;
}
