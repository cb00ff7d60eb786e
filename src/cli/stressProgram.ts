/** `hmm-lab stress PROGRAM`: its columns on threads of their own. */
import { randomInt } from 'node:crypto';
import { raceBounds } from '../engines/race/check.ts';
import type { RaceVerdict } from '../engines/race/types.ts';
import { stress } from '../library/stress.ts';
import { exploreText } from '../report/exploreText.ts';
import { startLine } from '../report/live.ts';
import { roundsLine, roundsText } from '../report/roundsText.ts';
import { styleFor } from '../report/style.ts';
import { EXIT_INTERRUPTED, EXIT_INVALID, EXIT_VIOLATION } from './exitCodes.ts';
import { interruptible } from './interruptible.ts';
import { outFile } from './outFile.ts';
import { claimStdout } from './stdout.ts';
import { type StressValues, stressFlags } from './stressOptions.ts';
import { UsageError } from './usage.ts';

export const exitCodes: Readonly<Record<RaceVerdict, number>> = {
  pass: 0,
  violation: EXIT_VIOLATION,
  invalid: EXIT_INVALID,
  interrupted: EXIT_INTERRUPTED,
};

/** Flags that go with a program; the others are about a race without one. */
const FITTING: ReadonlySet<string> = new Set([
  'seconds',
  'driver',
  'kernel',
  'bug',
  'seed',
  'watchdog',
  'trace',
  'given',
  'json',
  'out',
]);

const LINE_MS = 5000;

const isUsual = (value: unknown, usual: unknown): boolean =>
  value === usual || value === false || (Array.isArray(value) && value.length === 0);

/** @throws UsageError for a flag that says who races, or over what: the program does. */
function checkFitting(values: StressValues): void {
  const odd = stressFlags.find(
    (flag) => !FITTING.has(flag.name) && !isUsual(values[flag.name], 'default' in flag ? flag.default : undefined),
  );
  if (odd !== undefined) throw new UsageError(`--${odd.name} does not go with a program, which says who does what`);
}

/** Races the program, and says what came of it. @returns the exit code. */
export async function stressProgram(program: string, values: StressValues): Promise<number> {
  checkFitting(values);
  const { seconds, driver, kernel, bug, watchdog, trace, json, out } = values;
  const print = json ? claimStdout() : undefined;
  const store = out === undefined ? undefined : outFile(out);
  const seed = values.seed ?? randomInt(raceBounds.seed.max + 1);
  const request = { program, seconds, driver, kernel, bug, seed, watchdogSeconds: watchdog, trace };
  const live = startLine(process.stderr, roundsLine(seconds), LINE_MS);
  const report = await interruptible((signal) => stress(request, { onProgress: live.update, signal })).finally(live.stop);
  const prose = json ? process.stderr : process.stdout;
  prose.write(roundsText(report, styleFor(prose)));
  if (report.trace !== null) prose.write(`\n${exploreText(report.trace)}`);
  const text = `${JSON.stringify(report)}\n`;
  store?.(text);
  print?.(text);
  return exitCodes[report.verdict];
}
