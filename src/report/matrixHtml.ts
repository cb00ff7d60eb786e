/** The race matrix as one HTML page that needs nothing else: a layer for each state of the page, a square for each cell. */
import type { MatrixCell, MatrixResult } from '../engines/matrix/matrixResult.ts';
import { matrixOperations } from '../programs/matrix/matrixOperations.ts';
import { pageStates } from '../programs/matrix/pageStates.ts';
import { cellCommand, type MatrixSubject, subjectFlags } from './matrixCommand.ts';
import { matrixHtmlScript } from './matrixHtmlScript.ts';
import { matrixHtmlStyle } from './matrixHtmlStyle.ts';
import { matrixTotal } from './matrixText.ts';
import { escapeHtml as safe } from './plot.ts';
import { reportStyle } from './reportStyle.ts';
import { count } from './units.ts';

export type MatrixPage = MatrixResult & {
  readonly version: string;
  readonly config: MatrixSubject & { readonly seconds: number };
};

interface Verdict {
  readonly name: MatrixCell['verdict'];
  readonly letter: string;
  readonly title: string;
  readonly titleOfMany?: string;
}

/** What a cell may have come to, the worst first. */
const verdicts: readonly Verdict[] = [
  { name: 'violation', letter: 'X', title: 'breaks a rule', titleOfMany: 'break a rule' },
  { name: 'vacuous', letter: 'v', title: 'vacuous' },
  { name: 'sampled', letter: 's', title: 'sampled' },
  { name: 'bounded', letter: 'b', title: 'bounded' },
  { name: 'proved', letter: '', title: 'proved' },
];

type Tally = readonly (readonly [Verdict, number])[];

const tallyOf = (cells: readonly MatrixCell[]): Tally =>
  verdicts
    .map((one) => [one, cells.filter(({ verdict }) => verdict === one.name).length] as const)
    .filter(([, number]) => number > 0);

function key(cells: readonly MatrixCell[]): string {
  const entries = tallyOf(cells).map(
    ([{ name, letter, title, titleOfMany = title }, number]) =>
      `<li><i class="${name}">${letter}</i>${count(number)} ${number === 1 ? title : titleOfMany}</li>`,
  );
  return `<ul class="key">${entries.join('')}</ul>`;
}

function layer(name: string, title: string, what: string, cells: readonly MatrixCell[]): string {
  const bar = tallyOf(cells).map(([one, number]) => `<i class="${one.name}" style="flex:${number}"></i>`);
  const bad = cells.filter(({ verdict }) => verdict !== 'proved').length;
  const number = bad === 0 ? '' : `<span class="n" title="not proved">${count(bad)}</span>`;
  return `<label><input type="radio" name="layer" value="${safe(name)}"><b>${safe(title)}</b>${number}<small>${safe(what)}</small><span class="bar" aria-hidden="true">${bar.join('')}</span></label>`;
}

/** What is not proved, for those who read, or have no scripts. */
function list(cells: readonly MatrixCell[], subject: MatrixSubject): string {
  const rows = verdicts
    .flatMap(({ name }) => cells.filter(({ verdict }) => verdict === name && name !== 'proved'))
    .map(({ state, operations, verdict, basis, failure, program }) => {
      const what = failure === null ? basis : `${failure.oracle}: ${failure.message}`;
      const cell = `<a href="#${[state, ...operations].map(safe).join('/')}">${operations.map(safe).join(' × ')}</a>`;
      const command = `<br><code>${safe(cellCommand(program, subject))}</code>`;
      return `<tr><td><span class="badge ${verdict}">${verdict}</span></td><td>${safe(state)}</td><td>${cell}</td><td>${safe(what)}${command}</td></tr>`;
    });
  if (rows.length === 0) return '';
  const head = ['verdict', 'from', 'operations', 'why, and how to see it again'].map((title) => `<th scope="col">${title}</th>`);
  return `<h2>What is not proved</h2>\n<div class="wide"><table class="list"><thead><tr>${head.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}

/** What the script draws. */
function data(cells: readonly MatrixCell[], subject: MatrixSubject): string {
  const names = [...new Set(cells.map(({ state }) => state))];
  const states = names.map((name) => ({ name, what: whatOf(name) }));
  const used = new Set(cells.flatMap(({ operations }) => operations));
  const operations = matrixOperations.filter(({ name }) => used.has(name)).map(({ name, side }) => ({ name, side }));
  const numbers = new Map(operations.map(({ name }, i) => [name, i]));
  const drawn = cells.map(({ state, operations: some, verdict, program, basis, searched, seconds, failure }) => ({
    state: names.indexOf(state),
    operations: some.map((name) => numbers.get(name)),
    verdict,
    program,
    basis,
    searched,
    seconds: Number(seconds.toFixed(2)),
    failure,
  }));
  // What would end the element or begin a comment in it is written otherwise.
  return JSON.stringify({ states, operations, cells: drawn, flags: subjectFlags(subject), verdicts }).replaceAll('<', '\\u003c');
}

const whatOf = (state: string): string => pageStates.find(({ name }) => name === state)?.what ?? '';

export function matrixHtml(result: MatrixPage): string {
  const { cells, config, version } = result;
  const flags = subjectFlags(config).trim();
  const layers = [...new Set(cells.map(({ state }) => state))].map((name) => {
    const own = cells.filter(({ state }) => state === name);
    return layer(name, name, whatOf(name), own);
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>hmm-lab: race matrix${flags === '' ? '' : safe(` ${flags}`)}</title>
<style>${reportStyle}${matrixHtmlStyle}</style>
</head>
<body>
<main>
<h1>The race matrix</h1>
<p class="answer">${safe(matrixTotal(result))}</p>
<p class="about">Each operation by each, from each state of a page. ${flags === '' ? 'The in-tree test driver' : `<code>${safe(flags)}</code>`}, at most ${config.seconds} s a cell, hmm-lab ${safe(version)}.</p>
${result.interrupted ? '<p class="warn">Interrupted: cells are missing.</p>' : ''}
${key(cells)}
<noscript><p class="warn">The picture needs scripts. What is not proved is in the table below.</p></noscript>
<div class="layout">
<fieldset><legend>State of the page</legend><div class="layers">
${layer('all', 'all states', 'the worst of each cell', cells)}
${layers.join('\n')}
</div></fieldset>
<div><div class="scroll" id="grid"></div><p class="hint">Arrow keys move, Enter shows a cell. A dot: not tried, or not done.</p></div>
<section id="cell" aria-live="polite" aria-label="The chosen cell"><h2>Choose a cell</h2><p>It shows its program, its verdict, and the command that shows it again.</p></section>
</div>
${list(cells, config)}
</main>
<script type="application/json" id="data">${data(cells, config)}</script>
<script>${matrixHtmlScript}</script>
</body>
</html>
`;
}
