/** What came of exploring all scenarios, for people. */
import type { SurveyRow } from '../engines/explore/plan/surveyRow.ts';
import type { SurveyResult } from '../engines/explore/threads/survey.ts';
import { exploreText } from './exploreText.ts';
import { count, plural } from './units.ts';

/** Names of scenarios that are listed. */
const NAMES = 8;

function names(rows: readonly SurveyRow[]): string {
  const shown = rows.slice(0, NAMES).map(({ scenario }) => scenario);
  const more = rows.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** How far it came with each bound. */
function boundLines({ scenarios, finished, proved }: SurveyResult): string[] {
  const lines = finished.map(({ preemptions, scenarios: done }) => {
    const left = scenarios.filter(({ searched, verdict }) => searched < preemptions && verdict !== 'proved');
    const most = scenarios.filter(({ bound, searched }) => bound < preemptions && searched >= preemptions).length;
    const but = most === 0 ? '' : `, ${most} more but for paths on which an actor only goes round`;
    const rest = done + most === 0 || left.length === 0 ? '' : `; not: ${names(left)}`;
    return `  within ${plural(preemptions, 'preemption')}: ${done} of ${scenarios.length} finished${but}${rest}`;
  });
  return [...lines, `  all interleavings: ${proved} of ${scenarios.length} proved`];
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
    ...boundLines(result),
    ...odd.map(({ scenario, basis }) => `VACUOUS: ${scenario}: ${basis}`),
    `  ${pace}`,
    '',
  ].join('\n');
}
