/** What an operation has answered, in a word or two. */
import { errnoName } from '../arena/errno.ts';
import type { Answer } from './answer.ts';

const ESRCH = 3;

/** Values that are shown. */
const MOST = 4;

export function answerText({ e, v }: Answer): string {
  // A process that is not there.
  if (e === ESRCH) return 'ESRCH';
  if (typeof e === 'number' && e !== 0) return errnoName(-e).slice(1);
  const values = (v as readonly (number | string)[] | undefined) ?? [];
  if (values.length === 0) return 'done';
  return values.length <= MOST ? values.join(',') : `${values.slice(0, MOST).join(',')},…`;
}
