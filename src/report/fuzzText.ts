/** What fuzzing has found: for a terminal, and the line that shows how far it has come. */
import type { FuzzFind, FuzzProgress, FuzzResult } from '../engines/matrix/fuzzResult.ts';
import { programLines } from './exploreText.ts';
import type { Style } from './style.ts';
import { count, plural, seconds } from './units.ts';

/** The driver and the bug that it was asked for. */
interface Asked {
  readonly driver: string | null;
  readonly bug: string | null;
}

export const fuzzLine = ({ elapsedSeconds, done, total, proved, finds, pairs, doing }: FuzzProgress): string =>
  [
    seconds(elapsedSeconds),
    `${count(done)} of ${count(total)} programs, ${count(proved)} proved`,
    `${count(pairs)} pairs of points`,
    ...(finds > 0 ? [`${finds} found`] : []),
    doing,
  ].join(' | ');

/** One find: the rule, the program, and how to see it. */
export function findText({ smallest, failure, times }: FuzzFind, { driver, bug }: Asked, style: Style): string {
  const again = times > 1 ? `, ${times} times` : '';
  const options = `${driver === null ? '' : ` --driver ${driver}`}${bug === null ? '' : ` --bug ${bug}`}`;
  return [
    `${style.bad(failure.oracle)}${again}: ${failure.message}`,
    ...programLines(failure.program ?? smallest.replaceAll('; ', '\n')),
    `  npx hmm-lab explore '${smallest}'${options}`,
    '',
  ].join('\n');
}

export function fuzzText(result: FuzzResult & { readonly config: Asked }, style: Style): string {
  const { finds, programs, proved, misfits, states, workers, interrupted } = result;
  const cannot = misfits === 0 ? '' : `, ${misfits} that cannot be set up`;
  const total =
    `${interrupted ? 'Interrupted: ' : ''}${plural(programs, 'program')}, ${count(proved)} proved${cannot}; ` +
    `${finds.length === 0 ? 'none breaks a rule' : `${plural(finds.length, 'program')} that break a rule`} ` +
    `(${count(states)} states, ${count(result.pairs)} pairs of points, ${seconds(result.seconds)}, ${plural(workers, 'thread')}).`;
  return `${[...finds.map((find) => findText(find, result.config, style)), total].join('\n')}\n`;
}
