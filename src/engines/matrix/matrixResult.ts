/** What a race matrix has come to. */
import type { Part } from '../../input/shard.ts';
import type { Cell } from '../../programs/matrix/cells.ts';
import type { ProofFailure, ProofRow } from '../explore/plan/proof.ts';

/** What came of one cell. */
export interface MatrixCell extends Cell, Pick<ProofRow, 'verdict' | 'basis' | 'bound'> {
  /** Its place in the matrix, from 0. */
  readonly number: number;
  /** Of the search of all interleavings. */
  readonly searched: number;
  readonly seconds: number;
  /** What broke, with a token for it; null if nothing did. */
  readonly failure: ProofFailure | null;
}

/** What a cell came to before the code changed, and what it comes to now. */
export interface MatrixChange {
  readonly program: string;
  readonly before: ProofRow['verdict'];
  readonly now: ProofRow['verdict'];
}

export interface MatrixResult {
  /** `violation` if a rule breaks in one of them; `proved` if all are; else what the least of them is. */
  readonly verdict: ProofRow['verdict'];
  readonly cells: readonly MatrixCell[];
  readonly proved: number;
  readonly bounded: number;
  readonly sampled: number;
  readonly violations: number;
  /** Cells that were not begun, and those that cannot be, a sentence each. */
  readonly left: number;
  readonly misfits: readonly string[];
  /** Of wall clock, with everything; and threads. */
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** Which part of the cells it is; null for all. */
  readonly part: Pick<Part, 'shard'> | null;
}

type Facts = Pick<MatrixResult, 'left' | 'misfits' | 'seconds' | 'workers' | 'interrupted' | 'part'>;

/** What these cells, in their order, come to. */
export function matrixResult(cells: readonly MatrixCell[], { left, misfits, ...facts }: Facts): MatrixResult {
  const number = (verdict: ProofRow['verdict']): number => cells.filter((cell) => cell.verdict === verdict).length;
  return {
    verdict: verdictOf(cells, left),
    cells,
    proved: number('proved'),
    bounded: number('bounded'),
    sampled: number('sampled'),
    violations: number('violation'),
    left,
    misfits: [...misfits].sort(),
    ...facts,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** What the parts of the cells have come to together: what it would have been in one piece, but for the times. */
export function joinedMatrices(results: readonly MatrixResult[]): MatrixResult {
  const cells = results.flatMap((result) => result.cells).sort((a, b) => a.number - b.number);
  return matrixResult(cells, {
    left: sum(results.map(({ left }) => left)),
    misfits: results.flatMap(({ misfits }) => misfits),
    seconds: sum(results.map(({ seconds }) => seconds)),
    workers: Math.max(...results.map(({ workers }) => workers)),
    interrupted: results.some(({ interrupted }) => interrupted),
    part: null,
  });
}

/** The verdict on all of them, when so many were not begun. */
const verdictOf = (cells: readonly MatrixCell[], left: number): ProofRow['verdict'] => {
  const has = (verdict: ProofRow['verdict']): boolean => cells.some((cell) => cell.verdict === verdict);
  if (has('violation')) return 'violation';
  return left > 0 || has('sampled') ? 'sampled' : has('bounded') ? 'bounded' : 'proved';
};
