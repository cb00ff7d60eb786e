/** Entry of a measured thread (piscina): one task is one actor for one repetition. */
import { type MeasuredJob, type MeasuredReport, measuredActor } from '../src/engines/race/measuredActor.ts';

// Drivers may print. stdout belongs to the result.
console.log = console.error;
console.info = console.error;
console.debug = console.error;

export default function measured(job: MeasuredJob): Promise<MeasuredReport> {
  return measuredActor(job);
}
