/** Entry of the thread of a column (piscina): one task is one column of a program for one race. */
import '../src/engines/shared/stdoutToStderr.ts';
import type { ColumnJob, ColumnReport } from '../src/engines/rounds/job.ts';
import { raceColumn } from '../src/engines/rounds/roundLoop.ts';

export default function column(job: ColumnJob): Promise<ColumnReport> {
  return raceColumn(job);
}
