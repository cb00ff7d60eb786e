/**
 * The pages that repeat the code, docs/reference and docs/api: `npm run docs` writes them.
 *
 * - `--check` writes nothing: it names the pages that are stale, and ends with 1 if there is one.
 * - `--states` counts the states of the scenarios anew, too; takes half an hour.
 * - `--outputs` runs the commands whose output other pages show, and puts it in.
 * - `--folder DIR` is where the pages are, instead of docs/reference.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { commands, options, points, scenarios, sweeps } from './lab.mjs';
import { kernelMap, layout, locks } from './model.mjs';
import { refreshOutputs } from './outputs.mjs';
import { measureStates, staleStates } from './states.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values: flags } = parseArgs({
  options: { check: { type: 'boolean' }, states: { type: 'boolean' }, outputs: { type: 'boolean' }, folder: { type: 'string' } },
});

const folder = flags.folder ?? join(root, 'docs/reference');
const statesFile = join(folder, 'states.json');

/** A module of the stepped tree. */
const load = (module) => import(pathToFileURL(join(root, 'dist/stepped/src', `${module}.js`)).href);

/** What a command of the program prints. */
function lab(...args) {
  const main = join(root, 'dist/erased/src/cli/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) throw new Error(`hmm-lab ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

const json = (...args) => JSON.parse(lab(...args, '--json'));

/** The reference of what the package exports has a generator of its own. */
const apiReference = (...args) =>
  spawnSync(process.execPath, [join(root, 'scripts/apiReference.mjs'), ...args], { stdio: 'inherit' }).status;

/** All pages, by their names. */
async function pages(windows, states) {
  const titles = new Map(json('scenarios').scenarios.map(({ name, title }) => [name, title]));
  const { points: all } = await load('steps/points');
  const { commands: known } = await load('cli/commands');
  const help = known.map(({ name }) => ({ name, text: lab('help', name) }));
  return {
    'kernel.md': kernelMap(root),
    'layout.md': layout({ structures: await load('arena/structures') }),
    'locks.md': locks(await load('sync/lockClass')),
    'scenarios.md': scenarios({ windows, titles }, states),
    'points.md': points({ windows, costs: new Map(all.map(({ name, costNs }) => [name, costNs])) }),
    'options.md': options(json('drivers')),
    'sweeps.md': sweeps({ ...(await load('engines/measure/axes')), ...(await load('engines/cell/costs')) }),
    'commands.md': commands(help),
  };
}

const readOptional = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

mkdirSync(folder, { recursive: true });
const windows = json('windows');
const names = windows.scenarios.map(({ scenario }) => scenario);
if (flags.states) writeFileSync(statesFile, `${JSON.stringify(await measureStates(load, names), null, 2)}\n`);
const states = JSON.parse(readOptional(statesFile) || '{}');
const fresh = Object.entries(await pages(windows, states));
const stale = fresh.filter(([name, text]) => readOptional(join(folder, name)) !== text).map(([name]) => join(folder, name));
if (flags.check) {
  const wrong = [...stale, ...(await staleStates(load, names, states)).map((line) => `${statesFile}: ${line}`)];
  for (const line of wrong) console.error(line);
  const isApiStale = flags.folder === undefined && apiReference('--check') !== 0;
  if (wrong.length > 0) console.error('The pages above do not say what the code does: npm run docs, or npm run docs -- --states');
  process.exit(wrong.length > 0 || isApiStale ? 1 : 0);
}
for (const [name, text] of fresh) writeFileSync(join(folder, name), text);
console.error(stale.length === 0 ? 'The pages were up to date.' : `Written: ${stale.join(', ')}`);
apiReference();
if (flags.outputs) console.error(`${refreshOutputs(root)} blocks of output were made again.`);
