// @hmm-lab keep-generators

/** An operation that says nothing of what it still needs, as one of a package would be: it is told apart by what was read. */
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';

export function* pad(steps: number): Steps<void> {
  for (let i = 0; i < steps; i++) yield Point.call;
}
