/** The page of the race matrix: what came of it with each driver, from the files that `hmm-lab matrix --out` has written. */
import { readFileSync } from 'node:fs';
import type { MatrixCell } from '../../src/engines/matrix/matrixResult.ts';
import { reasonFor } from './known.ts';
import { code, plain, table } from './markdown.ts';

interface Matrix {
  readonly driver: string;
  /** Most states of each search of a cell. */
  readonly limit: number;
  readonly cells: readonly MatrixCell[];
}

const verdicts = ['proved', 'bounded', 'sampled', 'violation'] as const;

export function matrixIn(file: string): Matrix {
  const [first = '{}', ...lines] = readFileSync(file, 'utf8').split('\n');
  const { driver, limit } = JSON.parse(first) as { readonly driver: string | null; readonly limit: number };
  const cells = lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as MatrixCell]));
  return { driver: driver ?? 'dmirror', limit, cells };
}

const count = ({ cells }: Matrix, verdict: string): number => cells.filter((cell) => cell.verdict === verdict).length;
const keyOf = ({ state, operations }: MatrixCell): string => `${state}: ${operations.join(' x ')}`;
const thousands = (n: number): string => n.toLocaleString('en');

function summary(all: readonly Matrix[]): string {
  const rows = all.map((one) => [
    one.driver,
    one.cells.length,
    ...verdicts.map((verdict) => count(one, verdict)),
    thousands(one.cells.reduce((sum, { searched }) => sum + searched, 0)),
    `${one.cells.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s`,
    thousands(one.limit),
  ]);
  return table(
    [
      'driver',
      'cells',
      'proved',
      'bounded',
      'not even that',
      'breaks a rule',
      'states',
      'time of a thread',
      'most states of a search',
    ],
    rows,
  );
}

function broken(all: readonly Matrix[]): string {
  const rows = all.flatMap(({ driver, cells }) =>
    cells
      .filter(({ verdict }) => verdict === 'violation')
      .map((cell) => [
        driver,
        keyOf(cell),
        cell.failure?.oracle ?? '',
        code(cell.program),
        plain(reasonFor(cell) ?? 'not known'),
      ]),
  );
  return rows.length === 0 ? 'No cell breaks a rule.' : table(['driver', 'cell', 'rule', 'program', 'why'], rows);
}

/** A cell is of the same kind with two drivers if it breaks a rule with both, or with neither. */
function differing([reference, ...others]: readonly Matrix[]): string {
  if (reference === undefined) return '';
  const known = new Map(reference.cells.map((cell) => [keyOf(cell), cell]));
  const rows = others.map(({ driver, cells }) => {
    const own = new Set(cells.map(keyOf));
    const more = cells.filter((cell) => !known.has(keyOf(cell)));
    const fewer = reference.cells.filter((cell) => !own.has(keyOf(cell)));
    const odd = cells.filter((cell) => (cell.verdict === 'violation') !== (known.get(keyOf(cell))?.verdict === 'violation'));
    return [driver, cells.length - more.length, fewer.length, more.length, odd.map(keyOf).join('; ') || 'none'];
  });
  return table(
    [
      'driver',
      `cells that ${reference.driver} has, too`,
      'cells that it does not have',
      'cells of its own',
      'break a rule with one of the two',
    ],
    rows,
  );
}

export function matrixPage(all: readonly Matrix[]): string {
  return [
    '# The race matrix of the built-in drivers',
    'Made by `npm run kills -- matrix FILE...` of the files that `npx hmm-lab matrix --driver NAME --workers 2 --out FILE` has written, a driver each. What a cell is, and what is checked of it, is in ' +
      '[programs.md](programs.md#the-race-matrix); states and operations are in [reference/matrix.md](reference/matrix.md). *Bounded*: all interleavings have more states than a ' +
      'search may have, and those with some number of preemptions, 0 to 2, were all searched.',
    summary(all),
    '## Cells that break a rule',
    broken(all),
    'What was mended, and what the kernel does in the same way, is in [found.md](found.md).',
    ...(all.length > 1 ? ['## Where other drivers differ', differing(all)] : []),
    '',
  ].join('\n\n');
}
