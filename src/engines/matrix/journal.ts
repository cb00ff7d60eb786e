/** A race matrix in a file: cells are added as they are done, and are not done again. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '../../input/usageError.ts';
import { version } from '../../package/version.ts';
import type { MatrixCell } from './matrixResult.ts';

/** The file of a matrix: a line that says what it is of, and one for each cell that is done. */
export class MatrixJournal {
  readonly done: readonly MatrixCell[];
  readonly #file: string | undefined;

  /** @throws UsageError when the file is of another matrix, or none. */
  constructor(file: string | undefined, about: object) {
    this.#file = file;
    const head = JSON.stringify({ schema: 'hmm-lab/matrix-cells/1', version, ...about });
    if (file === undefined || !existsSync(file)) {
      this.done = [];
      if (file !== undefined) attempt(file, 'written', () => writeFileSync(file, `${head}\n`));
      return;
    }
    const text = attempt(file, 'read', () => readFileSync(file, 'utf8'));
    const [first, ...rest] = text.split('\n');
    if (first !== head)
      throw new UsageError(
        `'${file}' is of another matrix: the driver, its options, the bug, the seconds for each cell or the version differ`,
      );
    // The last line may have been cut off: what comes next is not to be a part of it.
    if (!text.endsWith('\n')) this.#append('');
    this.done = rest.flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as MatrixCell];
      } catch {
        return [];
      }
    });
  }

  add(cell: MatrixCell): void {
    this.#append(JSON.stringify(cell));
  }

  #append(line: string): void {
    const file = this.#file;
    if (file !== undefined) attempt(file, 'written', () => appendFileSync(file, `${line}\n`));
  }
}

/** Runs a step of the file system; a failure is the user's. */
function attempt<T>(file: string, done: 'read' | 'written', action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UsageError(`'${file}' cannot be ${done}: ${(error as Error).message}`, { cause: error });
  }
}
