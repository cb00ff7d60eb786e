/** `--out FILE`: a result file that is there as a whole or not at all. */
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

function unwritable(path: string, why: string): UsageError {
  return new UsageError(`--out ${quote(path)} cannot be written: ${why}, allowed is a file in a writable directory`);
}

/** Runs a step of the file system for `path`; a failure is the user's. */
function attempt<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw unwritable(path, reasons[code] ?? (code === '' ? message : code));
  }
}

/** Where the result really goes: through a link, and not onto a directory or a device. */
function destination(path: string): string {
  if (path === '') throw unwritable(path, 'the name is empty');
  const found = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return path;
  if (!found.isFile()) throw unwritable(path, found.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  attempt(path, () => accessSync(path, constants.W_OK));
  return attempt(path, () => realpathSync(path));
}

/**
 * Checks that a file can be written, by writing a temporary one beside it, and returns the function that writes it.
 * That replaces the file in one step: whoever reads it sees the old content or all of the new.
 *
 * @throws UsageError, here and from the returned function, when it cannot be written.
 */
export function outFile(path: string): (text: string) => void {
  const target = destination(path);
  const temporary = `${target}.${process.pid}.tmp`;
  const store = (text: string): void =>
    attempt(path, () => {
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
    attempt(path, () => renameSync(temporary, target));
  };
}
