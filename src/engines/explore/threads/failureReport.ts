/** The report of a failure that threads have found: by a thread that has not met it before, and has the modules whose lines it names. */
import type { ExploreFailure } from '../failure/report.ts';
import type { Control } from '../plan/control.ts';
import type { Found } from '../plan/exploration.ts';
import { Stuck, Threads } from './threads.ts';
import type { Answers, Subject } from './work.ts';

/** It comes at once when `control` says stop. */
export async function report(
  subject: Subject,
  work: Answers['report' | 'reportStuck']['work'],
  control: Control,
): Promise<ExploreFailure> {
  const { threads } = await Threads.start(subject, 1, control);
  await using _ = threads;
  try {
    return await threads.run(work);
  } catch (error) {
    // It was made smaller, or continued at random, into a step that does not end. The failure itself was seen before.
    if (!(error instanceof Stuck) || work.kind === 'reportStuck' || work.options.explain !== true) throw error;
    return await report(subject, { ...work, options: { ...work.options, explain: false } }, control);
  }
}

/** What is known of a thread that has come to a stop. */
export const foundIn = ({ failure, schedule }: Stuck): Found => ({ failure, schedule, minimal: false });
