/** What fuzzing has found: for a terminal, and the line that shows how far it has come. */
import type { Style } from './style.ts';
import { count, plural, seconds } from './units.ts';

interface Find {
  readonly number: number;
  readonly smallest: string;
  readonly failure: { readonly oracle: string; readonly message: string; readonly preemptions: number };
  readonly times: number;
}

interface Fuzzed {
  readonly finds: readonly Find[];
  readonly programs: number;
  readonly proved: number;
  readonly misfits: number;
  readonly states: number;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  readonly config: { readonly driver: string | null; readonly bug: string | null };
}

interface Progress {
  readonly elapsedSeconds: number;
  readonly done: number;
  readonly total: number;
  readonly proved: number;
  readonly finds: number;
  readonly doing: string;
}

export const fuzzLine = ({ elapsedSeconds, done, total, proved, finds, doing }: Progress): string =>
  [
    seconds(elapsedSeconds),
    `${count(done)} of ${count(total)} programs, ${count(proved)} proved`,
    ...(finds > 0 ? [`${finds} found`] : []),
    doing,
  ].join(' | ');

/** One find: the rule, the program, and how to see it. */
export function findText({ smallest, failure, times }: Find, { driver, bug }: Fuzzed['config'], style: Style): string {
  const again = times > 1 ? `, ${times} times` : '';
  const options = `${driver === null ? '' : ` --driver ${driver}`}${bug === null ? '' : ` --bug ${bug}`}`;
  return [
    `${style.bad(failure.oracle)}${again}: ${failure.message}`,
    ...smallest.split('; ').map((line) => `  ${line}`),
    `  npx hmm-lab explore '${smallest}'${options}`,
    '',
  ].join('\n');
}

export function fuzzText(result: Fuzzed, style: Style): string {
  const { finds, programs, proved, misfits, states, workers, interrupted } = result;
  const cannot = misfits === 0 ? '' : `, ${misfits} that cannot be set up`;
  const total =
    `${interrupted ? 'Interrupted: ' : ''}${plural(programs, 'program')}, ${count(proved)} proved${cannot}; ` +
    `${finds.length === 0 ? 'none breaks a rule' : `${plural(finds.length, 'program')} that break a rule`} ` +
    `(${count(states)} states, ${seconds(result.seconds)}, ${plural(workers, 'thread')}).`;
  return `${[...finds.map((find) => findText(find, result.config, style)), total].join('\n')}\n`;
}
