/** Which of the places that come to the same a kernel takes: tried, a few rounds each. */
import type { Segment } from './plan.ts';
import type { Stage } from './stages.ts';

/** What came of a few rounds along stages. */
export interface Trial {
  readonly stages: readonly Stage[];
  readonly rounds: number;
  readonly taken: number;
  /** The stage that most of the rounds did not reach; -1 if all were reached. */
  readonly missed: number;
}

const MOST_TRIALS = 16;

/** Of a segment that is no end, and has another choice: the one that was not reached, or else the one that the others were held at. */
function nextToChange(segments: readonly Segment[], chosen: readonly number[], missed: number): number {
  const canChange = (i: number): boolean => (chosen[i] as number) + 1 < (segments[i] as Segment).choices.length;
  if (missed >= 0 && canChange(missed)) return missed;
  for (let i = Math.min(missed < 0 ? segments.length : missed, segments.length) - 1; i >= 0; i--) if (canChange(i)) return i;
  return -1;
}

/** Tries the first choices, then others in their place, until nearly all rounds take the stages. Returns all trials, the best one last. */
export async function choose(
  segments: readonly Segment[],
  run: (stages: readonly Stage[]) => Promise<Trial>,
): Promise<readonly Trial[]> {
  const chosen = segments.map(() => 0);
  const trials: Trial[] = [];
  while (trials.length < MOST_TRIALS) {
    const stages = segments.map(({ choices }, i) => choices[chosen[i] as number] as Stage);
    const trial = await run(stages);
    trials.push(trial);
    if (trial.taken * 4 >= trial.rounds * 3) break;
    const change = nextToChange(segments, chosen, trial.missed);
    if (change < 0) break;
    chosen[change] = (chosen[change] as number) + 1;
  }
  return trials.sort((one, other) => one.taken / one.rounds - other.taken / other.rounds);
}
