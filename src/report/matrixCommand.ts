/** The command that shows a cell of the race matrix again. */
import type { DriverSettings } from '../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../drivers/names.ts';
import { shellWord } from '../input/shellWord.ts';

/** What the matrix was asked to be of. */
export interface MatrixSubject {
  /** null for the in-tree test driver. */
  readonly driver: string | null;
  readonly settings: DriverSettings;
  readonly bug: string | null;
}

/** The flags that say so, each with a blank before it. */
export function subjectFlags({ driver, settings, bug }: MatrixSubject): string {
  const options = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const name = driver ?? (options.length === 0 ? null : DEFAULT_DRIVER);
  const spec = options.length === 0 ? name : `${name}:${options.join(',')}`;
  return `${spec === null ? '' : ` --driver ${shellWord(spec)}`}${bug === null ? '' : ` --bug ${shellWord(bug)}`}`;
}

export const cellCommand = (program: string, subject: MatrixSubject): string =>
  `npx hmm-lab explore ${shellWord(program)}${subjectFlags(subject)}`;
