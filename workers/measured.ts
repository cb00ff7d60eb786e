/** Entry of a measured thread (piscina): one task is one actor for one repetition. */
import '../src/engines/shared/stdoutToStderr.ts';
import { type MeasuredJob, type MeasuredReport, measuredActor } from '../src/engines/race/measuredActor.ts';

export default function measured(job: MeasuredJob): Promise<MeasuredReport> {
  return measuredActor(job);
}
