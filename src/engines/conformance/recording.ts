/** Recordings: scripts of operations with what a real kernel answered, as JSON lines, plain or gzip. */
import { readFileSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { EBUSY, EFAULT, EOPNOTSUPP } from '../../arena/errno.ts';
import { isUsageError, UsageError } from '../../input/usageError.ts';
import { type Kernel, kernelNamed, NEWEST } from '../../kernels/kernels.ts';
import type { Answer } from '../../programs/answer.ts';
import { type Operation, parseOperation } from '../../programs/operation.ts';

export interface Script {
  readonly id: string;
  readonly operations: readonly Operation[];
  readonly answers: readonly Answer[];
  /** Written by the first recorder: long lists are written out, and exclusive entries do not say that they are of a huge page. */
  readonly firstNotation: boolean;
  /** By its field `kernel`; without one, by its answers. */
  readonly kernel: Kernel;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A line of a file: what only the whole file tells is missing. */
interface ScriptLine extends Omit<Script, 'firstNotation' | 'kernel'> {
  readonly kernel: Kernel | null;
}

function parseLine(line: string): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`not JSON (${(error as Error).message})`);
  }
  if (!isObject(record)) throw new UsageError('not an object');
  return record;
}

/** A line about the kernel that the file was recorded on, which is no script. */
const isHead = ({ id, head }: Record<string, unknown>): boolean => id === undefined && isObject(head);

function parseScript(record: Record<string, unknown>): ScriptLine {
  const { id, ops, results, kernel = null } = record;
  if (typeof id !== 'string') throw new UsageError("the script has no 'id'");
  if (!Array.isArray(ops) || !ops.every((op) => typeof op === 'string')) {
    throw new UsageError(`script '${id}' has no 'ops', a list of operations`);
  }
  if (!Array.isArray(results) || !results.every(isObject)) {
    throw new UsageError(`script '${id}' has no 'results', a list of objects`);
  }
  if (results.length !== ops.length) {
    throw new UsageError(`script '${id}' has ${ops.length} operations and ${results.length} results`);
  }
  if (kernel !== null && typeof kernel !== 'string') throw new UsageError(`the 'kernel' of script '${id}' is no text`);
  return {
    id,
    operations: ops.map(parseOperation),
    answers: results,
    kernel: kernel === null ? null : kernelNamed(kernel, `the 'kernel' of script '${id}'`),
  };
}

/** Lists longer than this are run-length coded by all recorders but the first. */
const LONG_LIST = 40;

const CODED_LISTS = ['v', 's', 'p', 'k', 'n'];

const writesOutLongLists = ({ answers }: { readonly answers: readonly Answer[] }): boolean =>
  answers.some((answer) => CODED_LISTS.some((field) => Array.isArray(answer[field]) && answer[field].length > LONG_LIST));

/**
 * The kernel of a file that does not say it: the drivers of 6.1 answer EXCLUSIVE with EBUSY where newer ones say what is wrong,
 * so whichever error comes more often tells. Scripts without any are taken for the newest.
 */
function kernelByAnswers(scripts: readonly ScriptLine[]): Kernel {
  const errors = scripts.flatMap(({ operations, answers }) =>
    answers.filter((_, i) => operations[i]?.name === 'excl' && operations[i]?.badBuffer === false).map(({ e }) => e),
  );
  const count = (...ofThese: readonly number[]): number => errors.filter((e) => ofThese.includes(e as number)).length;
  return count(EBUSY) > count(EFAULT, EOPNOTSUPP) ? '6.1' : NEWEST;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission is denied',
  EISDIR: 'it is a directory',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** The lines of a file, unpacked if it is gzip; the second value says why the last of them may be cut off. */
function linesOf(path: string): readonly [lines: string[], broken: string | null] {
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${reasonOf(error)}`);
  }
  const isGzip = data[0] === 0x1f && data[1] === 0x8b;
  if (!isGzip) return [data.toString('utf8').split('\n'), null];
  try {
    return [gunzipSync(data).toString('utf8').split('\n'), null];
  } catch (error) {
    // Once more, for what there is: the reader wants to know how far the file goes.
    return [partOf(data), (error as Error).message];
  }
}

function partOf(data: Buffer): string[] {
  try {
    return gunzipSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8').split('\n');
  } catch {
    return [''];
  }
}

/**
 * Reads every script of a file.
 *
 * @throws UsageError, one sentence with the file and the line.
 */
export function readRecording(path: string): Script[] {
  const [lines, broken] = linesOf(path);
  if (broken !== null) throw new UsageError(`${path}, line ${lines.length}: the gzip data end or are damaged here (${broken})`);
  const scripts = lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      const record = parseLine(line);
      return isHead(record) ? [] : [parseScript(record)];
    } catch (error) {
      if (!isUsageError(error)) throw error;
      throw new UsageError(`${path}, line ${i + 1}: ${error.message}`);
    }
  });
  const firstNotation = scripts.some(writesOutLongLists);
  const unmarked = firstNotation ? '6.1' : kernelByAnswers(scripts);
  return scripts.map((script) => ({ ...script, firstNotation, kernel: script.kernel ?? unmarked }));
}
