/** What a search that came to its end has left out, in words. */
import { type SearchResult, SPINS } from '../search/options.ts';

/** Paths that were not followed any further: too long; or an actor on its own only went round and counted. */
export interface LeftOut {
  readonly long: number;
  readonly spins: number;
}

export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** `2 paths that were too long and 1 path on which an actor on its own only went round and counted, left after 4 rounds` */
export function leftOut({ long, spins }: LeftOut): string {
  const parts = [
    long === 0 ? '' : `${counted(long, 'path')} that were too long`,
    spins === 0
      ? ''
      : `${counted(spins, 'path')} on which an actor on its own only went round and counted, left after ${SPINS} rounds`,
  ];
  return parts.filter((part) => part !== '').join(' and ');
}

/** What a proof has not counted where a search was made once more because something only counted. */
export const ALIKE_BUT_FOR_SERIALS = 'those that differ only in how far sequence numbers and generations have counted';

/** Why such a search has come to nothing; empty if none has. */
export const apartText = ({ serials }: Pick<SearchResult, 'serials'>): string =>
  serials === null || serials.apart === null
    ? ''
    : ` (leaving out how far sequence numbers and generations have counted comes to nothing: ${serials.apart})`;
