/** A race matrix in a file: cells are added as they are done, and are not done again. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '../../input/usageError.ts';
import { version } from '../../package/version.ts';
import type { MatrixCell } from './matrixResult.ts';

/** The file of a matrix: a line that says what it is of, and one for each cell that is done. */
export class MatrixJournal {
  /** Cells that need not be done again. */
  readonly done: readonly MatrixCell[];
  /** Cells as they were with other code: they are done again. */
  readonly before: readonly MatrixCell[];
  readonly #file: string | undefined;

  /**
   * `code` is a hash of what decides what a cell comes to (codeOf.ts). With another one the file is refused, or with `again` begun anew.
   *
   * @throws UsageError when the file is of another matrix, or none.
   */
  constructor(file: string | undefined, about: object, code: string, again = false) {
    this.#file = file;
    const subject = { schema: 'hmm-lab/matrix-cells/1', version, ...about };
    const head = JSON.stringify({ ...subject, code });
    [this.done, this.before] = [[], []];
    if (file === undefined) return;
    if (!existsSync(file)) {
      attempt(file, 'written', () => writeFileSync(file, `${head}\n`));
      return;
    }
    const text = attempt(file, 'read', () => readFileSync(file, 'utf8'));
    const [first = '', ...rest] = text.split('\n');
    if (withoutCode(first) !== JSON.stringify(subject))
      throw new UsageError(
        `'${file}' is of another matrix: the driver, its options, the bug, the limits of each cell or the version differ`,
      );
    const cells = cellsIn(rest);
    if (first === head) {
      // The last line may have been cut off: what comes next is not to be a part of it.
      if (!text.endsWith('\n')) this.#append('');
      this.done = cells;
      return;
    }
    if (!again)
      throw new UsageError(
        `'${file}' is of other code of the model or the driver, with --changed (changed in the library) its cells are done again`,
      );
    this.before = cells;
    attempt(file, 'written', () => writeFileSync(file, `${head}\n`));
  }

  add(cell: MatrixCell): void {
    this.#append(JSON.stringify(cell));
  }

  #append(line: string): void {
    const file = this.#file;
    if (file !== undefined) attempt(file, 'written', () => appendFileSync(file, `${line}\n`));
  }
}

/** The first line of a file but for the hash of the code; as it is, if it is none. */
function withoutCode(line: string): string {
  try {
    const { code: _, ...subject } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return JSON.stringify(subject);
  } catch {
    return line;
  }
}

/** The cells in lines; one that was cut off is none. */
const cellsIn = (lines: readonly string[]): MatrixCell[] =>
  lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as MatrixCell];
    } catch {
      return [];
    }
  });

/** Runs a step of the file system; a failure is the user's. */
function attempt<T>(file: string, done: 'read' | 'written', action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UsageError(`'${file}' cannot be ${done}: ${(error as Error).message}`, { cause: error });
  }
}
