/**
 * The programs of SCTBench: `npm run bench:sctbench -- [--page FILE] [PROGRAM ...]` prints the tables of docs/sctbench.md, or puts them into
 * the page. Schedules are counted and not seconds, so that it does not matter what else the machine does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { programs } from './sctbench/index.ts';
import { about, proofs, schedules } from './sctbench/tables.ts';

const { values, positionals } = parseArgs({ options: { page: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !programs.some((program) => program.name === name));
if (unknown !== undefined) {
  process.stderr.write(`unknown program '${unknown}', allowed are ${programs.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const asked = positionals.length === 0 ? programs : programs.filter(({ name }) => positionals.includes(name));

const tables = { programs: about(asked), proofs: proofs(asked), schedules: schedules(asked) };
if (values.page === undefined) process.stdout.write(Object.values(tables).join('\n'));
else {
  let page = readFileSync(values.page, 'utf8');
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- table: ${name} -->\n\n)(?:\\|.*\n)*`);
    if (!place.test(page)) throw new Error(`${values.page} has no place for the table ${name}`);
    page = page.replace(place, (_, mark: string) => mark + table);
  }
  writeFileSync(values.page, page);
}
