/**
 * What of the three trees the package holds: what its entries reach, in each tree. Tests, benchmarks and modules that only another
 * tree runs stay out, by lists in files `.npmignore`, which `npm pack` reads: one in each folder, as all names below a folder are
 * compared with each line of its list.
 *
 * An entry is a module that no other imports: a worker, an export of the package, or what is loaded from another tree by its name.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { treeScript } from './treeScript.ts';

const EXPORTS = ['src/index', 'src/model', 'src/scenario'];

/** What the library (`src/library`), or an engine when it needs it, loads from the stepped tree, and from an erased copy of it. */
const LOADED = [
  'explore/threads/parallel',
  'explore/threads/searchTogether',
  'explore/threads/oneThread',
  'explore/threads/survey',
  'explore/failure/token',
  'explore/plan/catalogue',
]
  .concat('explore/plan/driverModule', 'explore/plan/scenarioModule', 'explore/plan/moduleSources', 'explore/plan/list')
  .concat('explore/plan/importScenario', 'hunt/attempt', 'reproduce/fitting', 'reproduce/reproduce', 'race/race')
  .map((name) => `src/engines/${name}`);

/**
 * Entries by tree. An entry may import others when it needs them. That modules of the program and the library do so, too, is followed in
 * the erased tree alone.
 */
export const packedEntries: Readonly<Record<string, { readonly entries: readonly string[]; readonly late: boolean }>> = {
  erased: {
    entries: [
      ...EXPORTS,
      'src/cli/main',
      ...['actor', 'column', 'hunt', 'measured', 'observer', 'probe', 'scripted', 'task'].map((name) => `workers/${name}`),
    ],
    late: true,
  },
  flat: { entries: [...EXPORTS, 'workers/probe', 'workers/simulate'], late: false },
  stepped: {
    entries: [
      ...EXPORTS,
      ...LOADED,
      'bundle/explore',
      ...['actor', 'explore', 'observer', 'probe'].map((name) => `workers/${name}`),
    ],
    late: false,
  },
};

const STATIC = /(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[^"']+)["']/g;
const LATE = /\bimport\s*\(\s*["'](\.{1,2}\/[^"']+)["']/g;

/** Files of a tree that some of its files import, themselves among them. A declaration names sources, and stands beside them. */
export function reached(tree: string, entries: readonly string[], late: boolean): Set<string> {
  const found = new Set<string>();
  const visit = (name: string, isEntry: boolean): void => {
    const file = name.endsWith('.ts') && !name.endsWith('.d.ts') ? name.replace(/ts$/, 'd.ts') : name;
    if (found.has(file)) return;
    if (!existsSync(join(tree, file))) throw new Error(`${join(tree, file)} is imported, and is not there`);
    found.add(file);
    const text = readFileSync(join(tree, file), 'utf8');
    for (const pattern of late || isEntry ? [STATIC, LATE] : [STATIC])
      for (const [, path] of text.matchAll(pattern)) visit(normalize(join(dirname(file), path as string)), false);
  };
  for (const entry of entries) visit(normalize(entry), true);
  return found;
}

/** Folders of the model: the hash in a replay token is of all their modules, and must not differ in the package. */
const MODEL = ['arena', 'steps', 'sync', 'notifier', 'mm', 'hmm', 'migrate', 'drivers', 'programs', 'scenarios', 'oracles'];

const modelOf = (tree: string): string[] =>
  MODEL.flatMap((folder) =>
    readdirSync(join(tree, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => join('src', folder, name.replace(/\.js$/, ''))),
  );

/** The first folder on the way to a file in which nothing is packed, or the file itself, where its folder has others that are. */
function topmost(name: string, packedFolders: ReadonlySet<string>): string {
  const parts = name.split(sep);
  const depth = parts.findIndex((_, i) => !packedFolders.has(parts.slice(0, i + 1).join(sep)));
  return depth === parts.length - 1 ? name : join(...parts.slice(0, depth + 1), sep);
}

/** Files below `dist` that no entry of the package reaches, and whole folders of such files. Types are those of the stepped tree. */
export function unreached(dist: string): string[] {
  const packed = new Set<string>();
  for (const [name, { entries, late }] of Object.entries(packedEntries)) {
    const tree = join(dist, name);
    const isStepped = name === 'stepped';
    const roots = [...entries, ...(isStepped ? modelOf(tree) : [])].map((entry) => `${entry}.js`);
    const modules = reached(tree, roots, late);
    const types = isStepped ? EXPORTS.map((entry) => `${entry}.d.ts`) : [];
    for (const file of [...modules, ...reached(tree, types, true)]) packed.add(join(name, file));
  }
  const all = readdirSync(dist, { recursive: true, encoding: 'utf8', withFileTypes: false });
  const left = all.filter((name) => /\.(js|ts)$/.test(name) && !packed.has(name));
  const folders = new Set<string>();
  for (const name of packed) for (let at = dirname(name); at !== '.'; at = dirname(at)) folders.add(at);
  return [...new Set(left.map((name) => topmost(name, folders)))];
}

/** Writes the lists of {@link unreached}, each into the folder whose names it has. */
function writeLists(dist: string): void {
  const lists = new Map<string, string>();
  for (const name of unreached(dist)) {
    const folder = dirname(name);
    lists.set(folder, `${lists.get(folder) ?? ''}/${basename(name)}${name.endsWith(sep) ? '/' : ''}\n`);
  }
  for (const [folder, list] of lists) writeFileSync(join(dist, folder, '.npmignore'), list);
}

treeScript(import.meta.url, writeLists);
