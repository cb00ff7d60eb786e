/**
 * The pages that repeat the code, docs/reference and docs/api: `npm run docs` writes them; and docs/proofs.md, which it reads.
 *
 * - `--check` writes nothing: it names the pages that are stale, and ends with 1 if there is one.
 * - `--proofs` proves all scenarios anew for docs/proofs.md, too; takes long.
 * - `--recordings FOLDER`, one for each kernel, replays whole recordings for the table in docs/conformance.md.
 * - `--outputs` runs the commands whose output other pages show, and puts it in.
 * - `--folder DIR` is where the pages are, instead of docs/reference; proofs.md lies beside it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { commands, kernels, options, points, scenarios, sweeps } from './lab.mjs';
import { kernelMap, layout, locks } from './model.mjs';
import { refreshOutputs } from './outputs.mjs';
import { matrix, operations, recordedOn } from './programs.mjs';
import { proofsOf, staleProofs, statesOf } from './proofs.mjs';
import { recordingsTable } from './recordings.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    check: { type: 'boolean' },
    proofs: { type: 'boolean' },
    outputs: { type: 'boolean' },
    folder: { type: 'string' },
    recordings: { type: 'string', multiple: true },
  },
});

const folder = flags.folder ?? join(root, 'docs/reference');
const proofsFile = join(folder, '../proofs.md');

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
    'kernels.md': kernels(await load('kernels/changes'), await load('kernels/kernels')),
    'options.md': options(json('drivers')),
    'sweeps.md': sweeps({ ...(await load('engines/measure/axes')), ...(await load('engines/cell/costs')) }),
    'commands.md': commands(help),
    'operations.md': operations({
      ...(await load('programs/describe')),
      ...(await load('programs/allowed')),
      ...(await load('scenarios/programs/known')),
      ...(await load('scenarios/programs/judge')),
      ...(await load('arena/errno')),
      recorded: recordedOn(join(root, 'recordings'), (await load('engines/conformance/recording')).readRecording),
    }),
    'matrix.md': matrix({
      ...(await load('programs/matrix/pageStates')),
      ...(await load('programs/matrix/matrixOperations')),
    }),
  };
}

const readOptional = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** The page that `hmm-lab prove` writes about some scenarios. */
function proved(names) {
  const temporary = mkdtempSync(join(tmpdir(), 'hmm-lab-docs-'));
  try {
    lab('prove', ...names, '--markdown', join(temporary, 'proofs.md'));
    return readFileSync(join(temporary, 'proofs.md'), 'utf8');
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

mkdirSync(folder, { recursive: true });
if (flags.proofs) {
  const args = ['prove', '--workers', '2', '--markdown', 'docs/proofs.md'];
  spawnSync(process.execPath, [join(root, 'dist/erased/src/cli/main.js'), ...args], { cwd: root, stdio: 'inherit' });
}
const proofs = proofsOf(readOptional(proofsFile));
const fresh = Object.entries(await pages(json('windows'), statesOf(proofs)));
const stale = fresh.filter(([name, text]) => readOptional(join(folder, name)) !== text).map(([name]) => join(folder, name));
if (flags.check) {
  const { listScenarios } = await load('engines/explore/plan/list');
  const names = (await listScenarios(undefined, {})).scenarios.map(({ scenario }) => scenario);
  const wrong = [...stale, ...staleProofs(proofs, names, proved).map((line) => `${proofsFile}: ${line}`)];
  for (const line of wrong) console.error(line);
  const isApiStale = flags.folder === undefined && apiReference('--check') !== 0;
  if (wrong.length > 0) console.error('The pages above do not say what the code does: npm run docs, or npm run docs -- --proofs');
  process.exit(wrong.length > 0 || isApiStale ? 1 : 0);
}
for (const [name, text] of fresh) writeFileSync(join(folder, name), text);
console.error(stale.length === 0 ? 'The pages were up to date.' : `Written: ${stale.join(', ')}`);
apiReference();
if (flags.recordings !== undefined) {
  // As the program replays them: without the generators of the stepped tree.
  const erased = (module) => import(pathToFileURL(join(root, 'dist/erased/src', `${module}.js`)).href);
  const { conformance } = await erased('library/conformance');
  const { readRecording } = await erased('engines/conformance/recording');
  await recordingsTable(join(root, 'docs/conformance.md'), flags.recordings, await load('kernels/kernels'), async (file) => ({
    ops: (await conformance({ files: [file] })).ops,
    kernel: readRecording(file)[0].kernel,
  }));
}
if (flags.outputs) console.error(`${refreshOutputs(root)} blocks of output were made again.`);
