/**
 * The folder of a run: copies of the tree are made in it, and it is gone when the process ends, however it ends. After SIGKILL, or
 * when the machine went down, the next run of the same user removes what was left.
 */
import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGone, ownMark } from './processes.ts';

const PREFIX = 'hmm-lab-trees-';
/** The mark of the process, then letters by chance; nobody can have put something there before. */
const NAME = /^hmm-lab-trees-(\d+-\d+-\d+)-\w+(\.gone)?$/;

/** Signals that end a process, and can be caught. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Renamed first: threads that are making a copy in it fail from then on, and cannot put anything there again. */
function removeFolder(folder: string): void {
  const gone = folder.endsWith('.gone') ? folder : `${folder}.gone`;
  if (gone !== folder) renameSync(folder, gone);
  rmSync(gone, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes the folders of this user's runs that have ended and left them. */
export function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const mark = NAME.exec(name)?.[1];
    if (mark === undefined) continue;
    const folder = join(tmpdir(), name);
    try {
      const status = lstatSync(folder);
      if (status.isDirectory() && status.uid === process.getuid?.() && isGone(mark)) removeFolder(folder);
    } catch {
      // Another run sweeps at the same time.
    }
  }
}

let made: string | undefined;

function removeOwn(): void {
  const folder = made;
  made = undefined;
  process.off('exit', removeOwn);
  for (const signal of SIGNALS) process.off(signal, endedBy);
  if (folder === undefined) return;
  try {
    removeFolder(folder);
  } catch {
    // The next run tries again.
  }
}

/** Whoever else listens to the signal ends the process himself. Where nobody does, the signal ends it, as if nobody had listened. */
function endedBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeOwn();
  process.kill(process.pid, signal);
}

/** The folder of this run. It is made when it is first asked for: signals reach the main thread, so that should be the one to ask. */
export function runFolder(): string {
  if (made !== undefined) return made;
  sweep();
  made = mkdtempSync(join(tmpdir(), `${PREFIX}${ownMark()}-`));
  process.on('exit', removeOwn);
  for (const signal of SIGNALS) process.on(signal, endedBy);
  return made;
}
