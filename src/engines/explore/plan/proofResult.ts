/** What proving scenarios has come to. */
import { type Part, placesOf } from '../../../input/shard.ts';
import type { ExploreVerdict } from './options.ts';
import type { Proof, ProofRow } from './proof.ts';

export interface ProveResult {
  /**
   * `violation`: a rule breaks in one of them. `vacuous`: one of them was searched and never reached what it is there for. `proved`: all
   * of them. `bounded`: each is proved, or covered within `bound` preemptions. `sampled`: not even that.
   */
  readonly verdict: ExploreVerdict;
  /** Preemptions within which every interleaving of each scenario that is not proved was covered; -1 for none, or if all are proved. */
  readonly bound: number;
  /** In the order of the list, as far as they were looked at. */
  readonly scenarios: readonly ProofRow[];
  /** Names of those that were not begun. */
  readonly left: readonly string[];
  /** Scenarios that do not fit, a sentence each, in alphabetical order. */
  readonly misfits: readonly string[];
  readonly proved: number;
  readonly bounded: number;
  readonly sampled: number;
  readonly vacuous: number;
  readonly violations: number;
  /** Of all searches of all interleavings together. */
  readonly states: number;
  /** Of wall clock, with everything. */
  readonly seconds: number;
  /** Threads with a scenario each, and threads that made a long search together. */
  readonly workers: number;
  readonly threads: number;
  readonly interrupted: boolean;
  /** Which part of the list it is, with the names of its scenarios; null for all of it. */
  readonly part: Part | null;
}

type Facts = Pick<ProveResult, 'misfits' | 'seconds' | 'workers' | 'threads' | 'interrupted' | 'part'>;

export function proveResult(proofs: readonly Proof[], facts: Facts): ProveResult {
  const rows = proofs.filter(({ isBegun }) => isBegun).map((proof) => proof.result());
  const left = proofs.filter(({ isBegun }) => !isBegun).map(({ opened, asked }) => opened.scenario || asked.scenario);
  return resultOf(rows, left, facts);
}

/** What the parts of a list have come to together: what they would have come to in one piece, but for the times. */
export function joinedProofs(results: readonly ProveResult[]): ProveResult {
  const places = placesOf(results.flatMap(({ part }) => part ?? []));
  const place = (name: string): number => places.get(name) ?? -1;
  const rows = results.flatMap(({ scenarios }) => scenarios).sort((a, b) => place(a.scenario) - place(b.scenario));
  const left = results.flatMap((result) => result.left).sort((a, b) => place(a) - place(b));
  return resultOf(rows, left, {
    misfits: [...new Set(results.flatMap(({ misfits }) => misfits))].sort(),
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
    workers: Math.max(...results.map(({ workers }) => workers)),
    threads: Math.max(...results.map(({ threads }) => threads)),
    interrupted: results.some(({ interrupted }) => interrupted),
    part: null,
  });
}

function resultOf(rows: readonly ProofRow[], left: readonly string[], facts: Facts): ProveResult {
  const number = (verdict: ExploreVerdict): number => rows.filter((row) => row.verdict === verdict).length;
  const isAll = left.length === 0 && rows.length > 0;
  const open = rows.filter(({ verdict }) => verdict !== 'proved').map(({ bound }) => bound);
  const bound = isAll && open.length > 0 ? Math.min(...open) : -1;
  const [violations, vacuous] = [number('violation'), number('vacuous')];
  const clean: ExploreVerdict = isAll && open.length === 0 ? 'proved' : bound >= 0 ? 'bounded' : 'sampled';
  return {
    verdict: violations > 0 ? 'violation' : vacuous > 0 ? 'vacuous' : clean,
    bound,
    scenarios: rows,
    left,
    proved: number('proved'),
    bounded: number('bounded'),
    sampled: number('sampled'),
    vacuous,
    violations,
    states: rows.reduce((sum, { states }) => sum + states, 0),
    ...facts,
  };
}
