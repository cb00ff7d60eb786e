/** A flag that names a file, `--out FILE`: a result file that is there as a whole or not at all. */
import { accessSync, constants, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { quote, UsageError } from './usage.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};

/** A file, and the flag that names it. */
interface Target {
  readonly path: string;
  readonly flag: string;
}

function unwritable({ path, flag }: Target, why: string): UsageError {
  return new UsageError(`--${flag} ${quote(path)} cannot be written: ${why}, allowed is a file in a writable directory`);
}

/** Runs a step of the file system for a file; a failure is the user's. */
function attempt<T>(target: Target, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw unwritable(target, reasons[code] ?? (code === '' ? message : code));
  }
}

/** Where the result really goes: through a link, and not onto a directory or a device. */
function destination(target: Target): string {
  const { path } = target;
  if (path === '') throw unwritable(target, 'the name is empty');
  const found = attempt(target, () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return path;
  if (!found.isFile()) throw unwritable(target, found.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  attempt(target, () => accessSync(path, constants.W_OK));
  return attempt(target, () => realpathSync(path));
}

/**
 * Checks that a file can be written, by writing a temporary one beside it, and returns the function that writes it.
 * That replaces the file in one step: whoever reads it sees the old content or all of the new.
 *
 * @param flag the name of the flag that gave the path, which the sentence about a bad one begins with.
 * @throws UsageError, here and from the returned function, when it cannot be written.
 */
export function outFile(path: string, flag = 'out'): (text: string) => void {
  const target = { path, flag };
  const file = destination(target);
  const temporary = `${file}.${process.pid}.tmp`;
  const store = (text: string): void =>
    attempt(target, () => {
      try {
        writeFileSync(temporary, text, { flag: 'wx' });
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    });
  store('');
  rmSync(temporary);
  return (text) => {
    store(text);
    attempt(target, () => renameSync(temporary, file));
  };
}
