/**
 * A program of SCTBench, written anew as a scenario: with its mistake, and without. Only facts are taken over: who does what, and what
 * goes wrong.
 */
import type { Prepared, Scenario } from '../../src/scenarios/kit/scenario.ts';

export interface Program {
  /** As SCTBench calls it, without `_bad`. */
  readonly name: string;
  /** What its actors do, in a sentence. */
  readonly what: string;
  /** What is wrong with it, and what the repaired version does in its place. */
  readonly mistake: string;
  readonly repair: string;
  /** The rule that the mistake breaks, and the only one. */
  readonly rule: string;
  readonly prepare: (repaired: boolean) => Prepared;
}

/** The rule of a demand that the program makes of itself. */
export const ASSERT = 'I-ASSERT';

/** One of the two versions as a scenario; the repaired one is called `NAME.repaired`. */
export const scenarioOf = ({ name, what, prepare }: Program, repaired: boolean): Scenario => ({
  name: repaired ? `${name}.repaired` : name,
  title: what,
  windows: '',
  flawed: !repaired,
  prepare: () => prepare(repaired),
});
