/** `merge()`: the parts of a sweep become the whole. */
import { existsSync, mkdirSync } from 'node:fs';
import type { MeasureResult } from '../engines/measure/result.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { UsageError } from '../input/usageError.ts';

export interface MergeRequest {
  /** The directories of all parts of one sweep, measured with `shard`. */
  readonly parts: readonly string[];
  /** Directory for the joint results. Default: nothing is written. */
  readonly out?: string | undefined;
}

/**
 * Joins the parts of a sweep to the result that the sweep would have had in one piece. Only files are read: it takes no time to speak
 * of, and no hooks.
 *
 * @throws UsageError, one sentence, for parts of different sweeps, cells that are missing, or a directory that cannot be written.
 */
export async function merge(request: MergeRequest): Promise<MeasureResult> {
  const given = givenOptions('a merge', request);
  checkOptions('a merge', given, { numbers: {}, others: { parts: 'list with at least one string', out: 'string' } });
  const { parts, out } = given;
  if (parts === undefined) throw new UsageError('a merge needs the directories of the parts');
  const [{ mergeSweeps }, { measureResult }, { asWritable, writeResults }] = await Promise.all([
    import('../engines/measure/merge.ts'),
    import('../engines/measure/result.ts'),
    import('./measureOutput.ts'),
  ]);
  const { file, rows } = mergeSweeps(parts);
  const { request: asked, drivers, varied, command, cells } = file;
  const result = measureResult({ request: asked, drivers, varied, rows, total: cells, here: cells, command });
  if (out === undefined) return result;
  asWritable(out, () => existsSync(out) || mkdirSync(out));
  writeResults(out, result, rows);
  return result;
}
