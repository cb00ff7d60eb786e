/** What a race of a program came to: for a terminal, and the line that shows how it is doing. */
import type { Answers, RoundsProgress, RoundsResult } from '../engines/rounds/types.ts';
import { cellCommand, type MatrixSubject } from './matrixCommand.ts';
import type { Style } from './style.ts';
import { compact, count, percent, seconds } from './units.ts';

export const roundsLine =
  (total: number) =>
  ({ elapsedSeconds, rounds, interleaved }: RoundsProgress): string =>
    [
      `${elapsedSeconds.toFixed(1)} of ${seconds(total)}`,
      `${compact(rounds)} rounds`,
      `columns met in ${percent(rounds === 0 ? 0 : interleaved / rounds)}`,
    ].join(' | ');

/** The race, and what it was of. */
type Raced = RoundsResult & { readonly program: string; readonly config: MatrixSubject & { readonly seed: number } };

const verdicts = { pass: 'PASS', violation: 'VIOLATION', invalid: 'NOT VALID', interrupted: 'STOPPED' } as const;

/** Answers that are shown of an operation. */
const MOST = 6;

/** What an operation has answered, most often first. */
export function answersText({ actor, operation, answers }: Answers): string {
  const all = Object.entries(answers).sort(([, a], [, b]) => b - a);
  const shown = all.slice(0, MOST).map(([answer, times]) => `${answer} (${count(times)})`);
  const more = all.length > MOST ? [`${all.length - MOST} others`] : [];
  return `  ${actor}: ${operation}  ->  ${[...shown, ...more].join(', ') || 'never'}`;
}

/** What was not checked, as it is not known. */
export function uncheckedText({ errorsKnown, valuesKnown }: Pick<RoundsResult, 'errorsKnown' | 'valuesKnown'>): string[] {
  if (!errorsKnown) return ['Errors and values were not checked: the program has too many orders.'];
  return valuesKnown ? [] : ['Values were not checked: ideal memory does not know them (docs/programs.md).'];
}

export function roundsText(result: Raced, style: Style): string {
  const { verdict, why, rounds, interleaved, pairs, answers, violation, program, config } = result;
  const paint = verdict === 'pass' ? style.good : style.bad;
  const length = seconds(result.seconds);
  return [
    ...program.split('; ').map((line) => `  ${line}`),
    '',
    ...(violation === null
      ? []
      : [
          `${style.bad(violation.rule)}: ${violation.message}`,
          `  seen by ${violation.actor}${violation.operation === '' ? ', between two rounds' : ` in '${violation.operation}'`}`,
          ...(violation.points.length === 0 ? [] : [`  points ${violation.points.join(' ')}`]),
          ...(violation.held.length === 0 ? [] : [`  holds ${violation.held.join(', ')}`]),
          `  ${cellCommand(program, config)}`,
          '',
        ]),
    ...answers.map(answersText),
    ...uncheckedText(result),
    `${paint(verdicts[verdict])}: ${count(rounds.seen)} rounds in ${length}; the columns were under way at the same time in ` +
      `${count(interleaved.seen)} of them, and met at ${count(pairs)} pairs of points (seed ${config.seed})${why === null ? '' : `: ${why}`}.`,
    '',
  ].join('\n');
}
