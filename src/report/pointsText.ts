/** The points that actors pass, for people who want to write a schedule. */
import { aligned } from '../engines/explore/failure/columns.ts';
import type { PassedPoints } from '../engines/explore/failure/passedPoints.ts';

export function pointsText({ scenario, stretches, failure, ends }: PassedPoints, isGiven: boolean): string {
  const run = isGiven ? 'in this schedule' : 'in a run without preemption';
  const rows = stretches.flatMap(({ actor, from, points }) => [
    ['', `${actor}, from ${from}`, '', ''],
    ...points.map(({ step, part, holds, source }) => [String(step), `  ${part}`, holds.join(' '), source ?? '']),
  ]);
  return [
    `Points of ${scenario}, ${run}. Each is a part of a schedule (--schedule "D@lock#2 A@done"); the count begins anew in each stretch.`,
    '',
    ...aligned([['step', 'part', 'holds', 'made in'], ...rows]),
    ...(ends ? [] : ['… it has no end']),
    '',
    ...(failure === null ? [] : [`Then rule ${failure.rule} is broken: ${failure.message}`, '']),
  ].join('\n');
}
