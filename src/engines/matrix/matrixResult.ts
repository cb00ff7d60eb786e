/** What a race matrix has come to. */
import type { Cell } from '../../programs/matrix/cells.ts';
import type { ProofFailure, ProofRow } from '../explore/plan/proof.ts';

/** What came of one cell. */
export interface MatrixCell extends Cell, Pick<ProofRow, 'verdict' | 'basis' | 'bound'> {
  /** Of the search of all interleavings. */
  readonly searched: number;
  readonly seconds: number;
  /** What broke, with a token for it; null if nothing did. */
  readonly failure: ProofFailure | null;
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
}

/** The verdict on all of them, when so many were not begun. */
export const verdictOf = (cells: readonly MatrixCell[], left: number): ProofRow['verdict'] => {
  const has = (verdict: ProofRow['verdict']): boolean => cells.some((cell) => cell.verdict === verdict);
  if (has('violation')) return 'violation';
  return left > 0 || has('sampled') ? 'sampled' : has('bounded') ? 'bounded' : 'proved';
};
