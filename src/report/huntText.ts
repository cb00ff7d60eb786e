/** The league table of a hunt: for a terminal, and as a page for docs/. */
import type { HuntResult, HuntRow } from '../engines/hunt/huntResult.ts';
import type { Style } from './style.ts';
import { count, plural, seconds } from './units.ts';

const HEAD = ['bug', 'rule', 'preemptions', 'catalogue', 'schedules', 'time', 'seeds', 'median', 'max', 'by'];

/** `0 (1)`: seen coming with none, strikes with one. */
function preemptions({ preemptions: fewest, strikes, minimal }: HuntRow): string {
  if (fewest === null) return '';
  return `${minimal ? '' : '<= '}${fewest}${strikes === null ? '' : ` (${strikes})`}`;
}

function cells(row: HuntRow): string[] {
  const { id, found, oracle, catalogue, schedules, seconds: took, sampled } = row;
  const sample =
    sampled === null
      ? ['', '', '', '']
      : [`${sampled.found}/${sampled.seeds}`, `${sampled.median ?? ''}`, `${sampled.max ?? ''}`, sampled.strategy ?? ''];
  const rule = found ? (oracle ?? '') : oracle === null ? 'NOT FOUND' : `NOT FOUND (${oracle})`;
  return [id, rule, preemptions(row), `${catalogue}`, `${schedules}`, seconds(took), ...sample];
}

/** Left-aligned names, right-aligned numbers. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const isText = (i: number): boolean => i < 2 || i === HEAD.length - 1;
  return rows.map((row) =>
    row
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd(),
  );
}

const share = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / Math.max(whole, 1)).toFixed(1)} %)`;

/** What the hunt came to, in sentences. */
function summary(result: HuntResult): string[] {
  const { rows, found, agreeing, searchSeconds, workers, controls, cleanSchedules, falseAlarms, vacuous } = result;
  const others = rows.filter((row) => !row.found && row.oracle !== null).length;
  return [
    `Found ${share(found, rows.length)} in ${seconds(searchSeconds)} with ${plural(workers, 'thread')}, each by a rule that it should break; ${plural(others, 'other')} broke another rule, which does not count.`,
    `Fewest preemptions as in the catalogue: ${share(agreeing, found)}.`,
    `${plural(falseAlarms.length, 'false alarm')}: ${plural(controls, 'control')}, and ${count(cleanSchedules)} schedules of the model as it is; ${plural(vacuous.length, 'scenario')} that ${vacuous.length === 1 ? 'does' : 'do'} not reach what ${vacuous.length === 1 ? 'it is' : 'they are'} there for.`,
  ];
}

export function huntText(result: HuntResult, style: Style): string {
  const [head, ...lines] = table([HEAD, ...result.rows.map(cells)]);
  const painted = lines.map((line, i) => (result.rows[i]?.found ? line : style.bad(line)));
  const alarms = result.falseAlarms.map(({ of, message }) => style.bad(`FALSE ALARM: ${of}: ${message}`));
  const empty = result.vacuous.map(({ scenario, missed }) =>
    style.bad(`VACUOUS: ${scenario}: never reached: ${missed.join('; ')}`),
  );
  const stopped = result.interrupted ? ['Stopped: this is what there is so far.'] : [];
  return `${[style.bold(head ?? ''), ...painted, '', ...alarms, ...empty, ...stopped, ...summary(result)].join('\n')}\n`;
}

/** The page of docs/. `command` made it. */
export function huntPage(result: HuntResult, command: string): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rows = result.rows.map((row) => line([...cells(row), row.title.replaceAll('|', '\\|')]));
  const odd = result.rows.filter(({ found, agrees }) => !found || !agrees).map(({ id }) => id);
  return [
    '# The hunt',
    '',
    `Made by \`${command}\`. What the bugs are, and which of the catalogue are missing, is in [corpus.md](corpus.md).`,
    '',
    ...summary(result),
    '',
    'Each bug is put into a copy of the model and looked for in one scenario, by a search with as few preemptions as possible. ' +
      '*preemptions* is what the search needed: no schedule with fewer fails, or `<=` where that was not shown. In brackets, what ' +
      'the bug needs to strike, where the check of lock orders sees it coming with fewer; that is what is compared with the ' +
      '*catalogue*. *schedules* and *time* are of the search. *seeds* is how many seeds of the sampling portfolio found the bug ' +
      'too, in how many schedules (*median*, *max*), and which strategy of the portfolio did so most often.',
    '',
    line([...HEAD, 'what it is']),
    line([...HEAD, ''].map(() => '---')),
    ...rows,
    '',
    odd.length === 0 ? 'All agree.' : `Not found, or with another number of preemptions: ${odd.join(', ')}; see corpus.md.`,
    '',
  ].join('\n');
}
