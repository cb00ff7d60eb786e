/** Puts bugs into a copy of a built tree. The tree itself stays as it is. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Bug, Edit } from './bug.ts';

/** The package: this module is in dist/TREE/src/bugs. */
const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** A pattern that matches the code with any white space between its words. */
function pattern(code: string): RegExp {
  const words = code.match(/[\w$]+|[^\s\w$]/g) ?? [];
  return new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s*'), 'g');
}

/** Comments say nothing to a machine, and may stand anywhere: blanks take their place. */
const withoutComments = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, (text) => text.replace(/[^\n]/g, ' '))
    .replace(/(^|[\s;{}])\/\/[^\n]*/g, (text, lead: string) => lead.padEnd(text.length));

/** The module's source with the edit made. @throws RangeError when the code does not occur exactly once. */
export function applyEdit(source: string, { module, find, replace }: Edit): string {
  const clean = withoutComments(source);
  const found = [...clean.matchAll(pattern(find))];
  if (found.length !== 1)
    throw new RangeError(`the edit of ${module} matches ${found.length} times, it must match once: ${find}`);
  const [match] = found as [RegExpExecArray];
  return clean.slice(0, match.index) + replace + clean.slice(match.index + match[0].length);
}

/** A copy of the stepped tree with the bugs in it. */
export interface MutatedTree {
  /** URL of a module of the copy. */
  readonly urlOf: (module: string) => URL;
  readonly remove: () => void;
}

/** @throws RangeError when an edit does not fit the model any more. */
export function mutatedTree(bugs: readonly Bug[]): MutatedTree {
  const root = mkdtempSync(join(tmpdir(), 'hmm-lab-bug-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const stepped = join(root, 'dist', 'stepped');
    const isCode = (path: string): boolean => !/\.(d\.ts|map)$/.test(path);
    cpSync(join(packageRoot, 'dist', 'stepped', 'src'), join(stepped, 'src'), { recursive: true, filter: isCode });
    cpSync(join(packageRoot, 'package.json'), join(root, 'package.json'));
    symlinkSync(join(packageRoot, 'node_modules'), join(root, 'node_modules'));
    for (const edit of bugs.flatMap(({ edits }) => edits)) {
      const file = join(stepped, 'src', `${edit.module}.js`);
      writeFileSync(file, applyEdit(readFileSync(file, 'utf8'), edit));
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { urlOf: (module) => pathToFileURL(join(root, 'dist', 'stepped', 'src', `${module}.js`)), remove };
}
