/** A bug of the catalogue by its id. The catalogue has a module for each bug: it is loaded when one is asked for. */
import type { Bug } from '../bugs/bug.ts';
import { unknown } from './usage.ts';

/** @throws UsageError for an id the catalogue does not have. */
export async function bugNamed(id: string): Promise<Bug> {
  const { bugs } = await import('../bugs/index.ts');
  const bug = bugs.find((known) => known.id === id);
  if (bug !== undefined) return bug;
  const ids = bugs.map((known) => known.id);
  throw unknown('bug', id, ids, `allowed are the ${ids.length} of hmm-lab bugs`);
}
