/** A hash of the code that decides what the cells of a matrix come to: the model, the explorer, and of the drivers the one that they are of. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mutation } from '../../bugs/bug.ts';
import { DEFAULT_DRIVER } from '../../drivers/names.ts';
import { steppedText } from '../../package/steppedText.ts';

/** Where it begins: what a cell is, and how it is searched. All else is imported from there. */
const ENTRIES = ['scenarios/programs/programScenario', 'engines/explore/threads/work'];
/** It imports all drivers; those that nobody asked for do not count. */
const REGISTRY = 'drivers/registry';
const DRIVER = /^drivers\/([^/]+)\/index$/;
const IMPORTED = /\bfrom\s*['"](\.{1,2}\/[^'"]+)\.[jt]s['"]/g;

const HASH_LENGTH = 12;

/** The modules that the text of one imports. */
function importsOf(module: string, text: string): string[] {
  const here = new URL(module, 'tree:///');
  return [...text.matchAll(IMPORTED)].map(([, path]) => new URL(path as string, here).pathname.slice(1));
}

/** Modules that are reached from others, with their texts, by their names. `isPart` says of an import whether it counts. */
function reached(entries: readonly string[], isPart: (from: string, to: string) => boolean): Map<string, string> {
  const texts = new Map<string, string>();
  const left = [...entries];
  for (let module = left.pop(); module !== undefined; module = left.pop()) {
    if (texts.has(module)) continue;
    const text = steppedText(module);
    texts.set(module, text);
    const from = module;
    left.push(...importsOf(module, text).filter((to) => isPart(from, to)));
  }
  return new Map([...texts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Modules of drivers that come with the lab: the folder may be called for what several have in common. */
const isOf = (driver: string, module: string): boolean => {
  const [, folder = ''] = DRIVER.exec(module) ?? [];
  return folder !== '' && driver.startsWith(folder);
};

/**
 * @param driver its name, or the path of a module: then its text counts, and not what it imports.
 * @param bug what was put into the model.
 */
export function codeOf(driver: string | null, bug: Mutation | undefined): string {
  const name = driver ?? DEFAULT_DRIVER;
  const hash = createHash('sha256');
  const counts = (from: string, to: string): boolean => from !== REGISTRY || !DRIVER.test(to) || isOf(name, to);
  for (const [module, text] of reached(ENTRIES, counts)) hash.update(`${module}\n${text}\n`);
  if (/\.m?js$/.test(name)) hash.update(readFileSync(name.startsWith('file:') ? fileURLToPath(name) : name, 'utf8'));
  if (bug !== undefined) hash.update(JSON.stringify(bug.edits));
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
