/** A kernel of Debian's backports and the test driver for it, in a folder (`kernel/fetch.sh`). */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { UsageError } from '../input/usageError.ts';
import { agentFolder } from './agentProgram.ts';

const SCRIPT = 'fetch.sh';

/**
 * Fetches and builds; the script says how far it has come. Returns its exit code: 2, with one sentence, where it cannot be done.
 *
 * @throws UsageError where no script runs.
 */
export function fetchKernel(folder: string): number {
  const { status, error, signal } = spawnSync('sh', [join(agentFolder, SCRIPT), folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) throw new UsageError(`${SCRIPT} cannot be run: ${error.message}`);
  return signal === null ? (status ?? 1) : 130;
}
