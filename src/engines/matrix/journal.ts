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
      if (file !== undefined) write(file, () => writeFileSync(file, `${head}\n`));
      return;
    }
    const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
    if (first !== head)
      throw new UsageError(`'${file}' is of another matrix: a driver, its options, a bug or the version differ`);
    // The last line may have been cut off.
    this.done = rest.flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as MatrixCell];
      } catch {
        return [];
      }
    });
  }

  add(cell: MatrixCell): void {
    const file = this.#file;
    if (file !== undefined) write(file, () => appendFileSync(file, `${JSON.stringify(cell)}\n`));
  }
}

function write(file: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new UsageError(`'${file}' cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
