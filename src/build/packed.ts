/**
 * What of the three trees the package holds: what its entries lead to, in each tree (reach.ts). Tests, benchmarks and modules that
 * only another tree runs stay out, by lists in files `.npmignore`, which `npm pack` reads: one in each folder, as all names below a
 * folder are compared with each line of its list.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { Reach } from './reach.ts';
import { treeScript } from './treeScript.ts';

const EXPORTS = ['src/index', 'src/model', 'src/scenario'];

/** Of each tree what users import, of the erased one the program, and what the stepped one has beside its modules. */
const ENTRIES = ['erased', 'flat', 'stepped']
  .flatMap((tree) => EXPORTS.map((entry) => `${tree}/${entry}.js`))
  .concat('erased/src/cli/main.js', 'stepped/bundle/explore.js')
  // Types are those of the stepped tree.
  .concat(EXPORTS.map((entry) => `stepped/${entry}.d.ts`));

/** Folders of the model: the hash in a replay token is of all their modules, and must not differ in the package. */
const MODEL = ['arena', 'steps', 'sync', 'notifier', 'mm', 'hmm', 'migrate', 'drivers', 'programs', 'scenarios', 'oracles'];

const modelIn = (dist: string): string[] =>
  MODEL.flatMap((folder) =>
    readdirSync(join(dist, 'stepped', 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => join('stepped', 'src', folder, name)),
  );

/** The first folder on the way to a file in which nothing is packed, or the file itself, where its folder has others that are. */
function topmost(name: string, packedFolders: ReadonlySet<string>): string {
  const parts = name.split(sep);
  const depth = parts.findIndex((_, i) => !packedFolders.has(parts.slice(0, i + 1).join(sep)));
  return depth === parts.length - 1 ? name : join(...parts.slice(0, depth + 1), sep);
}

/** Files below `dist` that no entry of the package leads to, and whole folders of such files. */
export function unreached(dist: string): string[] {
  const reach = new Reach(dist);
  for (const entry of [...ENTRIES, ...modelIn(dist)]) reach.add(entry);
  const packed = reach.files;
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
