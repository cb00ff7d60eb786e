/** `matrix()`: each pair of operations from every state of a page. */
import type { DriverSettings } from '../drivers/base/options.ts';
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { ProveProgress } from '../engines/explore/threads/prove.ts';
import { codeOf } from '../engines/matrix/codeOf.ts';
import { MatrixJournal } from '../engines/matrix/journal.ts';
import { type MatrixCell, type MatrixChange, type MatrixResult, matrixResult } from '../engines/matrix/matrixResult.ts';
import { byName, checkOptions, givenOptions } from '../input/options.ts';
import { checkShard, type Shard, tasksOf } from '../input/shard.ts';
import { UsageError } from '../input/usageError.ts';
import { cellsOf } from '../programs/matrix/cells.ts';
import { matrixOperations } from '../programs/matrix/matrixOperations.ts';
import { pageStates } from '../programs/matrix/pageStates.ts';
import { type Hooks, type Result, resultAs } from './call.ts';
import { exploreBounds } from './explore.ts';
import { manyBounds, manySubject, provePrograms, subjectConfig } from './provePrograms.ts';
import { type DriverRequest, driverOptions } from './subject.ts';

export interface MatrixRequest extends DriverRequest {
  /** States of the page to begin with, by name. Default: all. */
  readonly states?: readonly string[] | undefined;
  /** Only cells with one of these operations. Default: all. */
  readonly operations?: readonly string[] | undefined;
  /** Actors: 2, the default, or 3. */
  readonly actors?: number | undefined;
  /** Most states of each search of a cell: 1 to 40 million. Default 100,000. What a cell comes to depends on it, and not on the machine. */
  readonly limit?: number | undefined;
  /** Longest time at each cell, in seconds: above 0, at most 86,400. Default 300. */
  readonly seconds?: number | undefined;
  /** Threads, each at a cell of its own: 1 to 64. Default 1. */
  readonly workers?: number | undefined;
  /** A file that each cell is added to when it is done; cells that are in there already are not done again. */
  readonly out?: string | undefined;
  /** If the code of the model or the driver is not that of the file: do its cells again, and say what is different. Default: refuse it. */
  readonly changed?: boolean | undefined;
  /** Only part i of n of the cells, from 1: `[1, 4]`. {@link mergeReports} joins the parts. */
  readonly shard?: Shard | undefined;
}

export const matrixUsual = { actors: 2, limit: 100_000, seconds: 300, workers: 1 } as const;
export const matrixBounds = { ...exploreBounds, limit: manyBounds.limit, actors: { kind: 'whole', min: 2, max: 3 } } as const;

/** `--json` of `hmm-lab matrix`. */
export type MatrixReport = Result<
  'hmm-lab/matrix/1',
  {
    readonly config: {
      /** null for all. */
      readonly states: readonly string[] | null;
      readonly operations: readonly string[] | null;
      readonly actors: number;
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: string | null;
      /** For each cell. */
      readonly limit: number;
      readonly seconds: number;
    };
    /** With `changed`: cells that came to something else with the code that the file was of. */
    readonly since: readonly MatrixChange[];
  } & MatrixResult
>;

export interface MatrixHooks extends Hooks<ProveProgress> {
  /** Called when a cell is done. */
  readonly onCell?: ((cell: MatrixCell) => void) | undefined;
}

function checkNames(what: string, given: readonly string[] | undefined, known: readonly string[]): void {
  const odd = given?.find((name) => !known.includes(name));
  if (odd !== undefined) throw new UsageError(`unknown ${what} '${odd}', allowed are ${known.join(', ')}`);
}

/**
 * The race matrix: each pair of operations (with `actors: 3` each triple) from every state of a page, proved, or with the program that
 * breaks a rule, or covered within a bound. What an operation cannot do with a driver, or from a state, is not tried.
 *
 * @throws UsageError, one sentence, for what is not allowed: an option, a state, an operation, a driver or a bug that is unknown, a file of
 * another matrix.
 */
export async function matrix(request: MatrixRequest = {}, { onCell, ...hooks }: MatrixHooks = {}): Promise<MatrixReport> {
  const given = givenOptions('a matrix', request);
  const { actors, limit, seconds, workers } = matrixBounds;
  const list = 'list with at least one string';
  const others = { states: list, operations: list, out: 'string', changed: 'boolean', shard: 'list', ...driverOptions };
  checkOptions('a matrix', given, { numbers: { actors, limit, seconds, workers }, others });
  const { shard } = given;
  if (shard !== undefined) checkShard(shard, byName);
  const all = { ...matrixUsual, ...given };
  checkNames(
    'state',
    all.states,
    pageStates.map(({ name }) => name),
  );
  checkNames(
    'operation',
    all.operations,
    matrixOperations.map(({ name }) => name),
  );
  const subject = await manySubject(given);
  const { can } = subject;
  const whole = cellsOf({ states: all.states, operations: all.operations, actors: all.actors as 2 | 3, can });
  const cells = tasksOf(
    whole.map((cell, number) => ({ ...cell, number })),
    shard ?? [1, 1],
  );
  const about = subjectConfig(subject);
  const code = codeOf(subject.driver ?? null, subject.bug);
  const journal = new MatrixJournal(all.out, { ...about, limit: all.limit, seconds: all.seconds }, code, all.changed);
  const before = new Map(journal.done.map((cell) => [cell.program, cell]));
  const byProgram = new Map(cells.map((cell) => [cell.program, cell]));
  const done = new Map<string, MatrixCell>(
    cells.flatMap(({ program, number }) => {
      const cell = before.get(program);
      return cell === undefined ? [] : [[cell.program, { ...cell, number }]];
    }),
  );
  const onRow = (program: string, row: ProofRow): void => {
    const cell = byProgram.get(program);
    if (cell === undefined) return;
    const { verdict, basis, bound, states: searched, failure } = row;
    const result = { ...cell, verdict, basis, bound, searched, seconds: row.seconds, failure };
    done.set(program, result);
    journal.add(result);
    onCell?.(result);
  };
  const programs = cells.map(({ program }) => program).filter((program) => !done.has(program));
  const limits = { states: all.limit, seconds: all.seconds, workers: all.workers };
  const began = Date.now();
  const proved = await provePrograms(subject, programs, limits, { ...hooks, onRow });
  const rows = cells.flatMap(({ program }) => done.get(program) ?? []);
  const was = new Map(journal.before.map(({ program, verdict }) => [program, verdict]));
  const since = rows.flatMap(({ program, verdict }) => {
    const earlier = was.get(program);
    return earlier === undefined || earlier === verdict ? [] : [{ program, before: earlier, now: verdict }];
  });
  return resultAs('hmm-lab/matrix/1', {
    config: {
      states: all.states ?? null,
      operations: all.operations ?? null,
      actors: all.actors,
      ...about,
      limit: all.limit,
      seconds: all.seconds,
    },
    ...matrixResult(rows, {
      left: proved?.left.length ?? 0,
      misfits: proved?.misfits ?? [],
      seconds: (Date.now() - began) / 1000,
      workers: all.workers,
      interrupted: proved?.interrupted ?? false,
      part: shard === undefined ? null : { shard },
    }),
    since,
  });
}
