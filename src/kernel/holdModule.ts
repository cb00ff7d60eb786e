/** The module hmm_lab_hold (`kernel/hold`), built against the headers of a kernel where that was not done. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../input/usageError.ts';
import { agentFolder, CACHE, complaint } from './agentProgram.ts';

const MODULE = 'hmm_lab_hold.ko';
const SOURCES = ['Kbuild', 'hmm_lab_hold.c', 'hold.h'];

const sourceFolder = join(agentFolder, 'hold');

/** The headers that belong to the kernel of this machine, where they are installed. */
export function ownHeaders(): string | undefined {
  const folder = `/lib/modules/${release()}/build`;
  return existsSync(join(folder, 'Makefile')) ? folder : undefined;
}

/** A module is one of these sources and of one build of a kernel. */
function contentMark(headers: string): string {
  const versions = join(headers, 'Module.symvers');
  const hash = createHash('sha256').update(
    existsSync(versions) ? readFileSync(versions) : `${headers} ${statSync(headers).mtimeMs}`,
  );
  for (const name of SOURCES) hash.update(readFileSync(join(sourceFolder, name)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * The path of the module. It is built if it never was by this user, for this kernel.
 *
 * @param headers a folder in which modules can be built: that of a package of headers, or a source tree that was built.
 * @param folder where modules are kept that were built before.
 * @throws UsageError for what is no such folder, and where the module cannot be built.
 */
export function holdModule(headers: string, folder = CACHE): string {
  if (!existsSync(join(headers, 'Makefile')))
    throw new UsageError(`--headers '${headers}' is no folder with the headers of a kernel: there is no Makefile in it`);
  // The agent knows it by its name.
  const kept = join(folder, `hold-${contentMark(headers)}`);
  const path = join(kept, MODULE);
  if (existsSync(path)) return path;
  mkdirSync(kept, { recursive: true });
  const made = mkdtempSync(join(tmpdir(), 'hmm-lab-hold-'));
  try {
    cpSync(sourceFolder, made, { recursive: true });
    const { status, error, stderr } = spawnSync('make', ['-C', headers, `M=${made}`, 'modules'], { encoding: 'utf8' });
    if (error !== undefined) throw new UsageError(`${MODULE} cannot be built: there is no make (${error.message})`);
    if (status !== 0 || !existsSync(join(made, MODULE)))
      throw new UsageError(`${MODULE} cannot be built against ${headers}: ${complaint(stderr)}`);
    copyFileSync(join(made, MODULE), `${path}.${process.pid}`);
    renameSync(`${path}.${process.pid}`, path);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return path;
}
