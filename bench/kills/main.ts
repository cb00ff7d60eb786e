/**
 * What the race matrix finds by itself: `npm run kills -- COMMAND ARGUMENT...`
 *
 *     ran FOLDER DRIVER...      which functions each cell runs (and each scenario), into FOLDER
 *     bugs FOLDER [ID...]       looks for each bug of the corpus in the cells of its driver
 *     mutants FOLDER EACH       makes EACH mutants of every kind, and looks for them in cells and scenarios
 *     pages FOLDER              writes what came of it into docs/
 *     matrix FILE...            writes docs/matrix.md, of files of `hmm-lab matrix --out`
 *
 * What is done is in FOLDER, and is not done again. Each command may be stopped at any time. What a run before this one has found may
 * be there, too, in rows of the same form (`bugs.before.jsonl`, `mutants.before.jsonl`): those programs are looked at first.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bugs } from '../../src/bugs/index.ts';
import { codeOf } from '../../src/engines/matrix/codeOf.ts';
import { type BugRow, bugRow, driverOf } from './bugRow.ts';
import { Coverage } from './coverage.ts';
import { Looker } from './looker.ts';
import { matrixIn, matrixPage } from './matrixPage.ts';
import { type MutantRow, mutantRow } from './mutantRow.ts';
import { allMutants, keyOf, sampled } from './mutants.ts';
import { bugPage, mutantPage } from './pages.ts';
import { type Hints, moreRan, namesOf, type RanAll } from './programs.ts';

const [command, folder = '', ...rest] = process.argv.slice(2);
const say = (line: string): unknown => process.stderr.write(`${line}\n`);

const fileOf = (driver: string, what: 'cells' | 'scenarios'): string => join(folder, `ran-${driver}-${what}.json`);
const known = new Map<string, RanAll>();

/** What ran, as the command `ran` has found it; null if it has not. */
function ranOf(driver: string, what: 'cells' | 'scenarios'): RanAll | null {
  const file = fileOf(driver, what);
  const before = known.get(file);
  if (before !== undefined) return before;
  if (!existsSync(file)) return null;
  const ran = JSON.parse(readFileSync(file, 'utf8')) as RanAll;
  known.set(file, ran);
  return ran;
}

/** So many programs are run between two looks at what was done before. */
const CHUNK = 250;

function ran(drivers: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const coverage = new Coverage();
  for (const driver of drivers) {
    for (const what of driver === 'dmirror' ? (['cells', 'scenarios'] as const) : (['cells'] as const)) {
      const names = namesOf(what, driver);
      const code = codeOf(driver, undefined);
      const before = ranOf(driver, what);
      // What was run of other code says nothing of this one.
      let all: RanAll = before !== null && before.code === code ? before : { code, functions: [], programs: [], idle: {} };
      const done = new Set(all.programs.map(({ name }) => name));
      const left = names.filter((name) => !done.has(name));
      for (let at = 0; at < left.length; at += CHUNK) {
        all = moreRan(all, left.slice(at, at + CHUNK), coverage);
        writeFileSync(fileOf(driver, what), JSON.stringify(all));
        say(`${driver}: ${all.programs.length} of ${names.length} ${what}`);
      }
    }
  }
}

/** Rows of a file; none if it is not there. */
function rowsIn<Row>(file: string): Row[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
}

/** Rows of a file, to which more are added. */
class Rows<Row extends { readonly id: string; readonly found: { readonly program: string } | null }> {
  readonly all: Row[];
  /** How often each program has found something. */
  readonly #found = new Map<string, number>();
  readonly #file: string;
  readonly #before: readonly Row[];

  constructor(name: string) {
    this.#file = join(folder, `${name}.jsonl`);
    this.all = rowsIn(this.#file);
    this.#before = rowsIn(join(folder, `${name}.before.jsonl`));
    for (const row of this.all) this.#note(row);
  }

  hints(id: string): Hints {
    const first = this.#before.flatMap((row) => (row.id === id && row.found !== null ? [row.found.program] : []));
    return { found: this.#found, first };
  }

  has(id: string): boolean {
    return this.all.some((row) => row.id === id);
  }

  add(row: Row): void {
    this.all.push(row);
    appendFileSync(this.#file, `${JSON.stringify(row)}\n`);
    this.#note(row);
    say(`${row.id}: ${row.found === null ? 'not found' : `${row.found.program}`}`);
  }

  #note({ found }: Row): void {
    if (found !== null) this.#found.set(found.program, (this.#found.get(found.program) ?? 0) + 1);
  }
}

async function lookForBugs(ids: readonly string[]): Promise<void> {
  const rows = new Rows<BugRow>('bugs');
  await using looker = new Looker();
  for (const bug of bugs) {
    if (rows.has(bug.id) || (ids.length > 0 && !ids.includes(bug.id))) continue;
    const cells = ranOf(driverOf(bug).driver, 'cells');
    if (cells !== null) rows.add(await bugRow(bug, cells, rows.hints(bug.id), looker));
  }
}

async function lookForMutants(each: number): Promise<void> {
  const [cells, scenarios] = [ranOf('dmirror', 'cells'), ranOf('dmirror', 'scenarios')];
  if (cells === null || scenarios === null)
    throw new Error(`there is no ran-dmirror-cells.json in ${folder}: make it with 'ran'`);
  const rows = new Rows<MutantRow>('mutants');
  await using looker = new Looker();
  const mutants = allMutants([cells, scenarios]);
  say(`${mutants.length} mutants of lines that something runs`);
  for (const mutant of sampled(mutants, each))
    if (!rows.has(keyOf(mutant))) rows.add(await mutantRow(mutant, { cells, scenarios }, rows.hints(keyOf(mutant)), looker));
}

switch (command) {
  case 'ran':
    ran(rest);
    break;
  case 'bugs':
    await lookForBugs(rest);
    break;
  case 'mutants':
    await lookForMutants(Number(rest[0] ?? 12));
    break;
  case 'pages':
    writeFileSync(join('docs', 'matrixHunt.md'), bugPage(new Rows<BugRow>('bugs').all));
    writeFileSync(join('docs', 'mutants.md'), mutantPage(new Rows<MutantRow>('mutants').all));
    break;
  case 'matrix':
    writeFileSync(join('docs', 'matrix.md'), matrixPage([folder, ...rest].map(matrixIn)));
    break;
  default:
    say('npm run kills -- ran|bugs|mutants|pages|matrix FOLDER ...');
    process.exitCode = 2;
}
