/** What is to be said of a trace as a file, a sentence each. */
import type { Traced } from './traced.ts';

const several = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${count} ${many}`);

export function notesOf({ facts, operations, kept, race }: Traced): string[] {
  const { odd, firstOdd, gaps, firstGap, lost, backwards, isCutOff } = facts;
  const gone = lost === 0 ? '' : `, ${several(lost, 'event', 'events')} in all`;
  return [
    ...(odd === 0 ? [] : [`${several(odd, 'line is', 'lines are')} none of a trace, the first is line ${firstOdd}`]),
    ...(gaps === 0
      ? []
      : [
          `events were lost in ${several(gaps, 'place', 'places')}, the first is line ${firstGap}${gone}: what was under way there is not judged`,
        ]),
    ...(backwards === 0
      ? []
      : [`${several(backwards, 'line is', 'lines are')} earlier than the one before: the order is that of the lines`]),
    ...(isCutOff ? ['the last line has no end: the trace is cut off'] : []),
    ...(kept === operations ? [] : [`only the first ${kept} of ${operations} operations were looked at`]),
    ...(race === null ? ['no two threads have operations on the same pages: there is no program'] : []),
  ];
}
