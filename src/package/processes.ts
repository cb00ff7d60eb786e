/** Processes by what tells each from all others: its number, when it started, and the table of processes that the number is of. */
import { readFileSync, readlinkSync } from 'node:fs';

/** State and start of a process as the kernel shows them in /proc/PID/stat; null where there is no such thing to read. */
function statOf(pid: number | 'self'): { readonly state: string; readonly start: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in parentheses, and may have any characters in it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] as string, start: fields[19] as string };
  } catch {
    return null;
  }
}

/** Containers that share a folder may each have a process of the same number. */
function namespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** This process, as part of the name of a file: `PID-START-TABLE`. */
export const ownMark = (): string => `${process.pid}-${statOf('self')?.start ?? 0}-${namespace()}`;

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Has the process of such a mark certainly ended? False, too, where this one cannot know. */
export function isGone(mark: string): boolean {
  const [pid, start, table] = mark.split('-');
  if (table !== namespace()) return false;
  if (!exists(Number(pid))) return true;
  const stat = statOf(Number(pid));
  // Z and X: it has ended, and its parent has not asked for its exit code yet.
  return stat !== null && (stat.start !== start || stat.state === 'Z' || stat.state === 'X');
}
