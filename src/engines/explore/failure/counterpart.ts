/**
 * The clean counterpart of a scenario: the same without what was asked about, which is a bug in the model or an option of the driver.
 * A failure is made smaller by leaving operations out only as long as its counterpart without them does not fail.
 */
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { without } from '../../../scenarios/kit/without.ts';
import { executorOf } from '../machine/executorOf.ts';
import { search } from '../search/search.ts';
import type { Budget } from './budget.ts';

export interface Counterpart {
  /** With these operations left out, has every interleaving with so many preemptions been seen to be well? */
  passes(left: readonly string[], preemptions: number, budget: Budget): boolean;
}

export const counterpart = (clean: Scenario): Counterpart => ({
  passes(left, preemptions, budget) {
    const { failure, complete } = search(executorOf(without(clean, left)), { preemptions, enough: () => budget.isOver });
    return failure === null && complete;
  },
});
