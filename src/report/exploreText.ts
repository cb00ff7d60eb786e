/** What an exploration has come to, for people. */
import type { ExploreResult } from '../engines/explore/explore.ts';
import type { Explanation } from '../engines/explore/failure/explain.ts';
import type { Event } from '../engines/explore/failure/pair.ts';
import type { ExploreFailure } from '../engines/explore/failure/report.ts';
import type { RoundExplained } from '../engines/explore/failure/round.ts';
import type { Failure } from '../engines/explore/machine/failure.ts';
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
  const { oracle, message, actor, steps, preemptions, minimal, noProgress } = failure;
  const seen = noProgress === null ? `seen by ${actor}, after` : 'after';
  const least = minimal ? 'no schedule with fewer fails' : 'perhaps not the fewest';
  return [
    `VIOLATION: ${scenario}: rule ${oracle} is broken: ${message}`,
    `  ${seen} ${plural(steps, 'step')} with ${plural(preemptions, 'preemption')} (${least}); ${pace}`,
    '',
    ...failureText(failure),
    '',
  ].join('\n');
}

/** A failure that nobody waits to have looked into. */
export const foundText = (scenario: string, { rule, message }: Failure): string =>
  `VIOLATION: ${scenario}: rule ${rule} is broken: ${message} (not looked into)`;

/** The table, why it fails, and the command that shows it again. */
export const failureText = (failure: ExploreFailure): string[] => [
  ...failure.table,
  '',
  ...explanationText(failure),
  ...scheduleText(failure),
  `To see it again: npx hmm-lab replay ${failure.token}`,
];

/** The schedule; of a program together with it, to be kept as a file, unless it is too long to be read. */
function scheduleText({ schedule, program }: ExploreFailure): string[] {
  const parts = schedule.split(' ');
  if (program === null || parts.length > PARTS) return [`schedule: ${listed(parts, PARTS, ' ', 'parts, which the token has')}`];
  return ['As a program with its schedule, which explore FILE.hmm follows:', ...programLines(program), ''];
}

/** The lines of a program, a little to the right. */
export const programLines = (program: string): string[] =>
  program
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);

/** Parts of a schedule that are shown, steps of a round, and things that it looks at. */
const PARTS = 40;
const STEPS = 20;
const THINGS = 8;

/** The first of many things, and how many more there are. */
function listed(all: readonly string[], most: number, between: string, what: string): string {
  if (all.length <= most + 1) return all.join(between);
  return [...all.slice(0, most), `… ${all.length - most} more ${what}`].join(between);
}

/** The round of a livelock: who makes which steps, who waits for them, and what would have to change. */
function roundText({ actors, length, times, steps, waiting, looksAt }: RoundExplained): string[] {
  const often = times < 2 ? '' : ` (${times} times in this schedule)`;
  const makes = actors.length === 1 ? 'makes' : 'make';
  const lines = steps.map(
    ({ actor, from, to, source }) => `  ${actor} from ${from} to ${to}${source === null ? '' : `  ${source}`}`,
  );
  return [
    `The round: ${actors.join(' and ')} ${makes} the same ${plural(length, 'step')} again and again${often}:`,
    ...listed(lines, STEPS, '\n', 'steps').split('\n'),
    ...waiting.map((text) => `Meanwhile ${text}.`),
    ...(looksAt === null ? [] : [endText(actors, looksAt)]),
  ];
}

/** What would have to change for a round to end. */
const endText = (actors: readonly string[], looksAt: readonly string[]): string =>
  looksAt.length === 0
    ? `Nothing that anybody else could change is looked at in it: only ${actors.join(' or ')} can end it.`
    : `It ends only if something changes that is looked at in it, and is the same after it: ${listed(looksAt, THINGS, ', ', 'of them')}.`;

/** `D from lock to setPte (step 3)  src/hmm/walk.ts:7 (walk)` */
const eventText = ({ actor, step, from, to, source }: Event): string =>
  `  ${actor} from ${from} to ${to} (${step === null ? 'a step it had not come to' : `step ${step}`})${source === null ? '' : `  ${source}`}`;

/** Who makes steps in it. */
const namesIn = ({ stretches }: ExploreFailure): string[] => [...new Set(stretches.map(({ actor }) => actor))];

/** Why no two steps are named. */
function noPair(failure: ExploreFailure): string {
  if (failure.preemptions > 0)
    return failure.explanation?.complete === false
      ? 'No two steps were found that decide, in the time there was.'
      : 'No two steps decide: there is no order near by in which it passes.';
  const names = namesIn(failure);
  return names.length > 1
    ? 'It needs no preemption: the order of whole operations decides.'
    : `It needs nobody else: ${names.join('')} does it alone.`;
}

/** When it was too late; nothing where that says nothing. */
function lostText(failure: ExploreFailure, { round, complete, noReturn, chances }: Explanation): string[] {
  if (round !== null || namesIn(failure).length < 2) return [];
  if (!complete) return ['When it was too late was not looked at: time was up, or it was stopped.'];
  const start = `${Math.round(100 * (chances[0]?.fails ?? 0))} %`;
  return [
    noReturn === null
      ? `The last step decides; ${start} of random schedules fail.`
      : `Lost after step ${noReturn}: from there nearly every random continuation fails, from the start ${start} do.`,
  ];
}

/** Which two steps decide, and when it was too late; or the round of a livelock. */
function explanationText(failure: ExploreFailure): string[] {
  const { explanation } = failure;
  if (explanation === null) return [];
  const { critical, round } = explanation;
  return [
    ...(round === null ? [] : [...roundText(round), '']),
    ...(critical === null
      ? [noPair(failure)]
      : [
          'It fails because',
          eventText(critical.first),
          'comes before',
          eventText(critical.second),
          `${critical.rule === failure.oracle ? '' : `In this order rule ${critical.rule} is broken. `}The other way round it passes.`,
        ]),
    ...lostText(failure, explanation),
    '',
  ];
}
