/** How a program went under virtual time: for a terminal, and the line that shows how far it has come. */
import type { SimulatedFailure } from '../engines/simulate/simulator.ts';
import type { TimedRow } from '../engines/simulate/timedProgram.ts';
import { cellCommand, type MatrixSubject } from './matrixCommand.ts';
import { answersText, uncheckedText } from './roundsText.ts';
import type { Style } from './style.ts';
import { count, duration, plural, seconds } from './units.ts';

export const simulateLine = ({
  elapsedSeconds,
  rounds,
  total,
}: {
  readonly elapsedSeconds: number;
  readonly rounds: number;
  readonly total: number;
}): string => `${seconds(elapsedSeconds)} | ${count(rounds)} of ${count(total)} rounds`;

interface Simulated {
  readonly program: string;
  readonly config: MatrixSubject & { readonly cpus: number; readonly preset: string; readonly seed: number };
  readonly rounds: number;
  readonly meanRoundNs: number;
  readonly operations: readonly TimedRow[];
  readonly errorsKnown: boolean;
  readonly valuesKnown: boolean;
  readonly violation: SimulatedFailure | null;
  readonly interrupted: boolean;
}

/** A table: the first column to the left, numbers to the right. */
function timesText(rows: readonly TimedRow[]): string[] {
  const cells = rows.map(({ actor, operation, aloneNs, meanNs, quantiles: { p50Ns, p99Ns, maxNs } }) => [
    `${actor}: ${operation}`,
    ...[aloneNs, meanNs, p50Ns, p99Ns, maxNs].map(duration),
  ]);
  const all = [['operation', 'alone', 'mean', 'median', '99 %', 'longest'], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  return all.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  '),
  );
}

export function simulateText(result: Simulated, style: Style): string {
  const { program, config, rounds, meanRoundNs, operations, violation, interrupted } = result;
  const { cpus, preset, seed } = config;
  return [
    ...program.split('; ').map((line) => `  ${line}`),
    '',
    ...timesText(operations),
    '',
    ...operations.map(answersText),
    ...uncheckedText(result),
    `${interrupted ? 'Stopped: ' : ''}${plural(rounds, 'round')} of ${duration(meanRoundNs)} each on ${plural(cpus, 'processor')} (preset ${preset}, seed ${seed}).`,
    ...(violation === null
      ? []
      : [
          `${style.bad(violation.rule)}: ${violation.message}`,
          `  seen by ${violation.actor}`,
          `  ${cellCommand(program, config)}`,
        ]),
    '',
  ].join('\n');
}
