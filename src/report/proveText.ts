/** The table of what is proved: for a terminal, and as a page for docs/. */
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { ProveResult } from '../engines/explore/plan/proofResult.ts';
import { programLines } from './exploreText.ts';
import type { Style } from './style.ts';
import { count, plural, seconds } from './units.ts';

const HEAD = ['scenario', 'verdict', 'states', 'time', 'memory', 'reduction', 'covers'];

/** The columns of text; the others are numbers. */
const TEXTS = new Set(['scenario', 'verdict', 'reduction']);

/** `12 MB`: what lies below one is noise. */
const megabytes = (bytes: number): string => `${count(Math.ceil(bytes / 1e6))} MB`;

/** What made the search smaller, beside what makes every search smaller. */
const reduction = ({ allOrders, interchangeable, serialsAlike }: ProofRow): string =>
  [...(allOrders ? [] : ['orders']), ...some(interchangeable, 'alike'), ...(serialsAlike ? ['serials'] : [])].join(', ');

const verdict = ({ verdict: said, bound }: ProofRow): string => (said === 'bounded' ? `bounded (${bound})` : said);

function cells(row: ProofRow): string[] {
  const { scenario, states, seconds: took, bytes, covers } = row;
  const reached = covers.filter((cover) => cover.reached).length;
  const covered = covers.length === 0 ? '' : `${reached}/${covers.length}`;
  return [scenario, verdict(row), count(states), seconds(took), megabytes(bytes), reduction(row), covered];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const isText = (i: number): boolean => TEXTS.has(HEAD[i] as string);
  return rows.map((row) =>
    row
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd(),
  );
}

/** `3 bounded`; nothing for none. */
const some = (n: number, what: string): string[] => (n === 0 ? [] : [`${n} ${what}`]);

/** What it came to, in sentences. */
function summary(result: ProveResult): string[] {
  const { scenarios, left, misfits, proved, bounded, sampled, vacuous, violations, states, workers, threads } = result;
  const all = scenarios.length + left.length;
  const rest = [
    ...some(violations, violations === 1 ? 'breaks a rule' : 'break a rule'),
    ...some(vacuous, 'vacuous'),
    ...some(bounded, 'bounded'),
    ...some(sampled, 'sampled'),
    ...some(left.length, 'not begun'),
  ];
  const but = rest.length === 0 ? '' : `; ${rest.join(', ')}`;
  const fit = misfits.length === 0 ? '' : `; ${misfits.length} more do not fit`;
  return [
    `Proved ${proved} of ${plural(all, 'scenario')}${but}${fit} (${count(states)} states, ${seconds(result.seconds)}, ${plural(Math.max(workers, threads), 'thread')}).`,
  ];
}

/** Why a scenario is not proved, and how to see a failure. */
function why({ scenario, verdict: said, basis, failure }: ProofRow): string[] {
  if (failure === null) return [`${said.toUpperCase()}: ${scenario}: ${basis}`];
  return [
    `VIOLATION: ${scenario}: rule ${failure.oracle} is broken: ${failure.message}`,
    ...(failure.program === null ? [] : programLines(failure.program)),
    `  npx hmm-lab replay ${failure.token}`,
  ];
}

/** A line about a scenario that is done. */
export const proofLine = (row: ProofRow): string =>
  `${row.scenario}: ${verdict(row)}, ${count(row.states)} states, ${seconds(row.seconds)}`;

export function proveText(result: ProveResult, style: Style): string {
  const { scenarios, interrupted } = result;
  const [head = '', ...lines] = aligned([HEAD, ...scenarios.map(cells)]);
  const paint = {
    proved: style.good,
    violation: style.bad,
    vacuous: style.bad,
    bounded: style.doubtful,
    sampled: style.doubtful,
  };
  const painted = lines.map((line, i) => {
    const row = scenarios[i] as ProofRow;
    return row.verdict === 'proved' ? line : paint[row.verdict](line);
  });
  const open = scenarios.filter((row) => row.verdict !== 'proved').flatMap(why);
  return `${[style.bold(head), ...painted, '', ...open, ...(interrupted ? ['Stopped: this is what there is so far.'] : []), ...summary(result)].join('\n')}\n`;
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (row: readonly string[]): string => `| ${row.map(escaped).join(' | ')} |`;

/** The page of docs/. `command` made it. */
export function provePage(result: ProveResult, command: string): string {
  const { scenarios } = result;
  const open = scenarios.filter((row) => row.verdict !== 'proved');
  return [
    '# Proofs',
    '',
    `Made by \`${command}\`. How a verdict comes about is in [verdicts.md](verdicts.md), what the scenarios are in [reference/scenarios.md](reference/scenarios.md).`,
    '',
    ...summary(result),
    '',
    '*proved*: every interleaving was reached, and broke no rule. *bounded (n)*: every one with at most n preemptions was. ' +
      '*states*, *time* and *memory* are those of the search of all interleavings, in one thread, whether or not it was finished; ' +
      'memory is what was in use at its end, with what had not been collected yet. *reduction*: *orders* of steps ' +
      'were left out that come to the same as others; so many like actors were not told apart; *serials*: states that differ only in how far sequence numbers and generations have counted are one. *covers*: how much of what the scenario is there for was reached.',
    '',
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...scenarios.map((row) => line(cells(row))),
    '',
    ...(open.length === 0
      ? ['All are proved.']
      : [
          '## Not proved',
          '',
          line(['scenario', 'why']),
          line(['---', '---']),
          ...open.map((row) => line([row.scenario, row.basis])),
        ]),
    '',
  ].join('\n');
}
