/** What came of exploring all scenarios, for people. */
import type { Finished, SurveyResult } from '../engines/explore/plan/surveyResult.ts';
import { exploreText } from './exploreText.ts';
import { count, plural } from './units.ts';

/** Names of scenarios that are listed; with --json all of them are. */
const NAMES = 8;

function names(all: readonly string[]): string {
  const more = all.length - NAMES;
  return `${all.slice(0, NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** How far it came with a bound: what is finished, what is but for some paths, and what is not. */
function boundLines({ preemptions, scenarios, leftOut, unfinished }: Finished, all: number): string[] {
  const parts = [
    leftOut.length === 0 ? '' : `${leftOut.length} but for paths that were left out`,
    unfinished.length === 0 ? '' : `${unfinished.length} not`,
  ].filter((part) => part !== '');
  const rest = parts.length === 0 ? '' : `, ${parts.join(', ')}`;
  const isBegun = unfinished.length < all;
  return [
    `  within ${plural(preemptions, 'preemption')}: ${scenarios} of ${all} finished${rest}`,
    ...(isBegun && unfinished.length > 0 ? [`    not finished: ${names(unfinished)}`] : []),
  ];
}

/** Where an actor goes round for as long as nobody else is let run, what comes after is not looked at. */
function leftOutLines({ finished }: SurveyResult): string[] {
  const last = finished.findLast(({ leftOut }) => leftOut.length > 0);
  if (last === undefined) return [];
  const within = plural(last.preemptions, 'preemption');
  return [
    `    left out within ${within}, paths that are too long or on which an actor only goes round and counts: ${names(last.leftOut)}`,
  ];
}

export function surveyText(result: SurveyResult, driver: string): string {
  const { scenarios, misfits, violation, verdict, bound, seconds, workers, schedules, states, interrupted } = result;
  const pace = `${seconds.toFixed(1)} s, ${plural(workers, 'thread')}, ${count(schedules)} schedules, ${count(states)} states`;
  const fit = misfits.length === 0 ? '' : `; ${misfits.length} more do not fit`;
  if (violation !== null)
    return `${exploreText(violation)}Found in all ${scenarios.length} scenarios with ${driver}${fit} (${pace}).\n`;
  const odd = scenarios.filter((row) => row.verdict === 'vacuous');
  const within = verdict === 'proved' ? '' : bound >= 0 ? ` within ${plural(bound, 'preemption')}` : ' so far';
  return [
    `${interrupted ? 'Stopped. ' : ''}${verdict.toUpperCase()}: no rule is broken in ${plural(scenarios.length, 'scenario')} with ${driver}${within}${fit}.`,
    ...result.finished.flatMap((one) => boundLines(one, scenarios.length)),
    ...leftOutLines(result),
    `  all interleavings: ${result.proved} of ${scenarios.length} proved`,
    ...odd.map(({ scenario, basis }) => `VACUOUS: ${scenario}: ${basis}`),
    `  ${pace}`,
    '',
  ].join('\n');
}
