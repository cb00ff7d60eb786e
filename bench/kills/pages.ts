/** The tables of what was found, as pages. */
import { bugs } from '../../src/bugs/index.ts';
import type { BugRow } from './bugRow.ts';
import { code, plain, table } from './markdown.ts';
import type { MutantRow } from './mutantRow.ts';
import { mutantKinds } from './mutantRules.ts';
import { missed, outside, survivors } from './reasons.ts';

const percent = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;

/** A driver with its options, as `--driver` takes it. */
function withOptions({ driver, settings }: Pick<BugRow, 'driver' | 'settings'>): string {
  const options = Object.entries(settings).map((option) => option.join('='));
  return [driver, ...options].join(':');
}

export function bugPage(rows: readonly BugRow[]): string {
  const found = rows.filter((row) => row.found !== null);
  const lost = rows.filter((row) => row.found === null);
  const isFound = new Set(found.map(({ id }) => id));
  const others = bugs.filter(({ id }) => outside[id] !== undefined && !isFound.has(id));
  const within = bugs.length - others.length;
  const unexpected = found.filter((row) => !row.oracles.includes(row.found?.rule ?? ''));
  return [
    '# What the race matrix finds of the corpus',
    'Made by `npm run kills -- bugs FOLDER` and `npm run kills -- pages FOLDER` (bench/kills). Each bug of the [corpus](corpus.md) is put into the model, and looked for in the cells of ' +
      '[`hmm-lab matrix`](programs.md#the-race-matrix) alone: no scenario is used, nor is it said what should come out. The driver is that of the bug, with the options it has there. Cells that run ' +
      'what the bug changes are tried, each with at most one preemption, then all of them with two, then without a bound, until one breaks a rule or four minutes of a processor are over. A crash (I-CRASH) counts only where the catalogue expects one.',
    `**${found.length} of ${within} bugs whose operations the matrix has are found (${percent(found.length, within)})**; ${others.length} of the ${bugs.length} bugs are of something else that it has no operation for. ` +
      `${found.length - unexpected.length} break a rule that the catalogue names; the others are noticed first by a rule that scenarios do not have, such as values and errors, or by an operation that does not come to its end.`,
    '## Found',
    table(
      ['bug', 'rule', 'preemptions', 'driver', 'program', 'what it is'],
      found.map((row) => [
        row.id,
        row.found?.rule ?? '',
        row.found?.preemptions ?? '',
        code(withOptions(row)),
        code((row.found?.program ?? '').replace(/@\S*$/, '')),
        plain(row.title),
      ]),
    ),
    '## Not found, and the matrix has the operations',
    table(
      ['bug', 'cells that run it', 'what it is', 'what is missing'],
      lost
        .filter(({ id }) => outside[id] === undefined)
        .map((row) => [row.id, row.cells, plain(row.title), plain(missed[row.id] ?? 'not known')]),
    ),
    '## Of something that the matrix has no operation for',
    table(
      ['bug', 'what it is', 'what it is about'],
      others.map(({ id, title }) => [id, plain(title), plain(outside[id] ?? '')]),
    ),
    '',
  ].join('\n\n');
}

export function mutantPage(rows: readonly MutantRow[]): string {
  const killed = rows.filter((row) => row.found !== null);
  const alive = rows.filter((row) => row.found === null);
  const same = alive.filter(({ id }) => survivors[id]?.same === true);
  const different = rows.length - same.length;
  const kinds = Object.entries(mutantKinds).map(([kind, what]) => {
    const ofKind = rows.filter((row) => row.kind === kind);
    const by = (who: MutantRow['by']): number => ofKind.filter((row) => row.found !== null && row.by === who).length;
    return [kind, plain(what), ofKind.length, by('matrix'), by('scenario'), ofKind.filter((row) => row.found === null).length];
  });
  return [
    '# Mutants of the model',
    'Made by `npm run kills -- mutants FOLDER EACH` and `npm run kills -- pages FOLDER` (bench/kills). The mutants are made from the source by rules, of each kind as many, spread over the modules of memory management, migration, ' +
      'range faults, notifiers and the test driver; always the same ones. Only code that some cell or scenario runs is changed. Each is looked for in the cells of the [race matrix](programs.md#the-race-matrix), ' +
      'for a minute of a processor, then in the scenarios, for half a minute. Recordings of real kernels and unit tests, which see more, are not asked.',
    `**${killed.length} of ${different} mutants are found (${percent(killed.length, different)})**, ${killed.filter(({ by }) => by === 'matrix').length} of them by the matrix alone. ${same.length} more are no mistakes, or none that the model can have: they are not counted.`,
    table(['kind', 'what is done', 'mutants', 'found by the matrix', 'by a scenario', 'by neither'], kinds),
    '## By neither',
    table(
      ['mutant', 'kind', 'where', 'what was changed', 'cells', 'scenarios', 'no mistake', 'why it lives'],
      alive.map(({ id, kind, module, name, line, what, cells, scenarios }) => [
        id,
        kind,
        `${module}:${line} ${name}`,
        code(what),
        cells,
        scenarios,
        survivors[id]?.same === true ? 'yes' : '',
        plain(survivors[id]?.why ?? 'not known'),
      ]),
    ),
    '## Found',
    table(
      ['mutant', 'kind', 'where', 'what was changed', 'rule', 'preemptions', 'in'],
      killed.map(({ id, kind, module, name, line, what, found, by }) => [
        id,
        kind,
        `${module}:${line} ${name}`,
        code(what),
        found?.rule ?? '',
        found?.preemptions ?? '',
        by === 'matrix' ? code(found?.program ?? '') : (found?.program ?? ''),
      ]),
    ),
    '',
  ].join('\n\n');
}
