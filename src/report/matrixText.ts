/** The race matrix on a terminal: a square for each state of the page, and the cells that are not proved. */
import type { MatrixCell, MatrixChange, MatrixResult } from '../engines/matrix/matrixResult.ts';
import { programLines } from './exploreText.ts';
import { cellCommand, type MatrixSubject } from './matrixCommand.ts';
import type { Style } from './style.ts';
import { count, plural, seconds } from './units.ts';

/** A cell in one letter. */
const letters = { proved: '.', violation: 'X', bounded: 'b', sampled: 's', vacuous: 'v' } as const;

const LEGEND = 'each operation by each: . proved, X breaks a rule, b bounded, s not even that';

/** The half square of a state: who does it does not matter. */
function square(state: string, cells: readonly MatrixCell[], paint: (text: string) => string): string[] {
  const names = [...new Set(cells.flatMap(({ operations }) => operations))];
  const width = Math.max(...names.map(({ length }) => length));
  const at = (a: string, b: string): MatrixCell | undefined =>
    cells.find(({ operations: [x, y] }) => (x === a && y === b) || (x === b && y === a));
  const lines = names.map((name, i) => {
    const row = names.slice(0, i + 1).map((other) => {
      const cell = at(name, other);
      return cell === undefined ? ' ' : letters[cell.verdict];
    });
    return `  ${name.padEnd(width)} ${row.join('').trimEnd().replace(/X+/g, paint)}`;
  });
  return [state, ...lines, ''];
}

/** Cells that came to nothing good, one a line, and how to see them. */
function troubles(cells: readonly MatrixCell[], subject: MatrixSubject, paint: (text: string) => string): string[] {
  return cells
    .filter(({ verdict }) => verdict !== 'proved')
    .flatMap(({ state, operations, verdict, basis, failure, program }) => {
      const what = failure === null ? basis : `${failure.oracle}: ${failure.message}`;
      const head = `${verdict === 'violation' ? paint('violation') : verdict}: ${operations.join(' x ')} from ${state}: ${what}`;
      const scheduled = failure === null || failure.program === null ? [] : programLines(failure.program).slice(-1);
      return [head, ...scheduled, `  ${cellCommand(program, subject)}`];
    });
}

/** How many came to what, in a sentence. */
export function matrixTotal({
  cells,
  proved,
  bounded,
  sampled,
  violations,
  left,
  misfits,
  seconds: time,
  workers,
}: MatrixResult): string {
  const rest = [
    ...(violations > 0 ? [`${violations} break a rule`] : []),
    ...(bounded > 0 ? [`${bounded} bounded`] : []),
    ...(sampled > 0 ? [`${sampled} sampled`] : []),
    ...(left > 0 ? [`${count(left)} not begun`] : []),
    ...(misfits.length > 0 ? [`${misfits.length} cannot be`] : []),
  ];
  const but = rest.length === 0 ? '' : `; ${rest.join(', ')}`;
  const searched = cells.reduce((sum, cell) => sum + cell.searched, 0);
  return `Proved ${count(proved)} of ${plural(cells.length + left, 'cell')}${but} (${count(searched)} states, ${seconds(time)}, ${plural(workers, 'thread')}).`;
}

/** Cells that came to something else before the code changed. */
const changes = (since: readonly MatrixChange[], subject: MatrixSubject): string[] =>
  since.flatMap(({ program, before, now }) => [`changed: ${before} before, ${now} now`, `  ${cellCommand(program, subject)}`]);

type Drawn = MatrixResult & { readonly config: MatrixSubject; readonly since?: readonly MatrixChange[] };

export function matrixText(report: Drawn, style: Style): string {
  const { cells, since = [] } = report;
  const states = [...new Set(cells.map(({ state }) => state))];
  const pairs = cells.filter(({ operations }) => operations.length === 2);
  const squares = states.flatMap((state) => {
    const own = pairs.filter((cell) => cell.state === state);
    return own.length === 0 ? [] : square(state, own, style.bad);
  });
  const shown = squares.length > 0 ? [LEGEND, '', ...squares] : [];
  return `${[...shown, ...troubles(cells, report.config, style.bad), ...changes(since, report.config), matrixTotal(report)].join('\n')}\n`;
}
