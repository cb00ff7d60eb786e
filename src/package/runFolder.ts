/**
 * Folders of a run: copies of the tree are made in one of them, each thread that loads a module of the user's makes another. They
 * are gone when the process ends, however it ends. After SIGKILL, or when the machine went down, the next run of the same user
 * removes what was left.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { isGone, ownMark } from './processes.ts';

/** The mark of the process, then letters by chance; nobody can have put something there before. */
const NAME = /^hmm-lab-(?:trees|modules)-(\d+-\d+-\d+)-[\w-]+(?:\.gone)?$/;

/** Signals that end a process, and can be caught. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Renamed first: threads that are making a copy in it fail from then on, and cannot put anything there again. */
function removeFolder(folder: string): void {
  const gone = folder.endsWith('.gone') ? folder : `${folder}.gone`;
  if (gone !== folder) renameSync(folder, gone);
  rmSync(gone, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes this user's folders of the runs whose mark is one of those. */
function removeFolders(isOne: (mark: string, path: string) => boolean): void {
  for (const name of readdirSync(tmpdir())) {
    const mark = NAME.exec(name)?.[1];
    if (mark === undefined) continue;
    const folder = join(tmpdir(), name);
    try {
      const status = lstatSync(folder);
      if (status.isDirectory() && status.uid === process.getuid?.() && isOne(mark, folder)) removeFolder(folder);
    } catch {
      // Another run, or another thread, removes it at the same time. If not, the next run tries again.
    }
  }
}

let removes = false;
let trees: string | undefined;

function removeOwn(): void {
  const [own, folder] = [ownMark(), trees];
  removes = false;
  trees = undefined;
  process.off('exit', removeOwn);
  for (const signal of SIGNALS) process.off(signal, endedBy);
  // With the main thread all threads end. Another one that uses the library takes its own folder along.
  removeFolders((mark, path) => (isMainThread ? mark === own : path === folder));
}

/** Whoever else listens to the signal ends the process himself. Where nobody does, the signal ends it, as if nobody had listened. */
function endedBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeOwn();
  process.kill(process.pid, signal);
}

/** Removes what runs that have ended left behind, now, and what this one leaves, at its end. */
export function removeAtEnd(): void {
  if (removes) return;
  removes = true;
  removeFolders(isGone);
  process.on('exit', removeOwn);
  for (const signal of SIGNALS) process.on(signal, endedBy);
}

/** The folder of this run for trees. It is made when it is first asked for: signals reach the main thread, so that should be the one to ask. */
export function runFolder(): string {
  removeAtEnd();
  trees ??= mkdtempSync(join(tmpdir(), `hmm-lab-trees-${ownMark()}-`));
  return trees;
}

/** A folder for copies of modules, which is not made yet. A thread that is terminated leaves its own to the main thread. */
export const modulesFolder = (): string => join(tmpdir(), `hmm-lab-modules-${ownMark()}-${randomUUID()}`);
