/** The call of the library that does a task. */
import type { Hooks } from '../library/call.ts';
import { conformance } from '../library/conformance.ts';
import { fuzz } from '../library/fuzz.ts';
import { hunt } from '../library/hunt.ts';
import { matrix } from '../library/matrix.ts';
import { measure } from '../library/measure.ts';
import type { MergedReport } from '../library/mergeReports.ts';
import { prove } from '../library/prove.ts';
import type { FarmCommand, JobRequest, Task } from './task.ts';

type Call = (request: never, hooks: Pick<Hooks<never>, 'signal'>) => Promise<MergedReport>;

const calls: Readonly<Record<FarmCommand, Call>> = { prove, matrix, hunt, fuzz, measure, conformance };

/** Looks at what is asked for, before it is handed out: a call that is stopped beforehand does no more. @throws UsageError */
export async function checkRequest(command: FarmCommand, request: JobRequest): Promise<void> {
  await calls[command](request as never, { signal: AbortSignal.abort() });
}

/** Does it. Options are checked as those of any call. @throws UsageError */
export const callOf = ({ job, shard }: Task, signal: AbortSignal): Promise<MergedReport> =>
  calls[job.command]({ ...job.request, shard } as never, { signal });
