/** What an exploration has come to, for people. */
import type { ExploreResult } from '../engines/explore/explore.ts';
import type { Event } from '../engines/explore/failure/pair.ts';
import type { ExploreFailure } from '../engines/explore/failure/report.ts';
import { plural } from './units.ts';

/** The verdict, and for a failure the rule, the table, why it fails and the command that shows it again. */
export function exploreText(result: ExploreResult): string {
  const { scenario, verdict, basis, schedules, states, seconds, schedulesPerSecond, interrupted, failure, passed } = result;
  // Of a short run the start of the threads is the most, and its pace says nothing.
  const rate = seconds < 1 ? '' : `, ${schedulesPerSecond} schedules/s`;
  const pace = `${schedules} schedules, ${states} states, ${seconds.toFixed(1)} s${rate}`;
  const stopped = interrupted ? 'Stopped. ' : '';
  if (passed !== undefined) return `PASSED: ${scenario}: ${basis}.\n\n${passed.table.join('\n')}\n`;
  if (failure === null) return `${stopped}${verdict.toUpperCase()}: ${scenario}: ${basis} (${pace}).\n`;
  const { oracle, message, actor, steps, preemptions, minimal } = failure;
  const least = minimal ? 'no schedule with fewer fails' : 'perhaps not the fewest';
  return [
    `VIOLATION: ${scenario}: rule ${oracle} is broken: ${message}`,
    `  seen by ${actor}, after ${plural(steps, 'step')} with ${plural(preemptions, 'preemption')} (${least}); ${pace}`,
    '',
    ...failureText(failure),
    '',
  ].join('\n');
}

/** The table, why it fails, and the command that shows it again. */
export const failureText = (failure: ExploreFailure): string[] => [
  ...failure.table,
  '',
  ...explanationText(failure),
  `schedule: ${failure.schedule}`,
  `To see it again: npx hmm-lab replay ${failure.token}`,
];

/** `D from lock to setPte (step 3)  src/hmm/walk.ts:7 (walk)` */
const eventText = ({ actor, step, from, to, source }: Event): string =>
  `  ${actor} from ${from} to ${to} (${step === null ? 'a step it had not come to' : `step ${step}`})${source === null ? '' : `  ${source}`}`;

/** Why no two steps are named. */
function noPair({ preemptions, stretches, explanation }: ExploreFailure): string {
  if (preemptions > 0)
    return explanation?.complete === false
      ? 'No two steps were found that decide, in the time there was.'
      : 'No two steps decide: there is no order near by in which it passes.';
  const names = new Set(stretches.map(({ actor }) => actor));
  return names.size > 1
    ? 'It needs no preemption: the order of whole operations decides.'
    : `It needs nobody else: ${[...names].join('')} does it alone.`;
}

/** Which two steps decide, and when it was too late. */
function explanationText(failure: ExploreFailure): string[] {
  const { explanation } = failure;
  if (explanation === null) return [];
  const { critical, noReturn, chances, complete } = explanation;
  const percent = (fails: number | undefined): string => `${Math.round(100 * (fails ?? 0))} %`;
  const start = percent(chances[0]?.fails);
  const lost =
    noReturn === null
      ? `The last step decides; ${start} of random schedules fail.`
      : `Lost after step ${noReturn}: from there nearly every random continuation fails, from the start ${start} do.`;
  return [
    ...(critical === null
      ? [noPair(failure)]
      : [
          'It fails because',
          eventText(critical.first),
          'comes before',
          eventText(critical.second),
          'The other way round it passes.',
        ]),
    complete ? lost : 'When it was too late was not looked at: time was up, or it was stopped.',
    '',
  ];
}
