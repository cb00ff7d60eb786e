/** Puts a bug into a copy of a built tree. The tree itself stays as it is. */
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Edit, Mutation } from '../bugs/bug.ts';
import { UsageError } from '../input/usageError.ts';

/** The package: this module is in dist/TREE/src/bugs. */
const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** The folder that the packages we depend on are found in: our own, or that of a project we are installed in. */
function dependencies(): string {
  const somePackage = fileURLToPath(import.meta.resolve('piscina'));
  return somePackage.slice(0, somePackage.lastIndexOf('node_modules') + 'node_modules'.length);
}

/** A pattern that matches the code with any white space between its words. */
function pattern(code: string): RegExp {
  const words = code.match(/[\w$]+|[^\s\w$]/g) ?? [];
  return new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s*'), 'g');
}

/** Comments say nothing to a machine, and may stand anywhere: blanks take their place. */
const withoutComments = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, (text) => text.replace(/[^\n]/g, ' '))
    .replace(/(^|[\s;{}])\/\/(?!# sourceMappingURL)[^\n]*/g, (text, lead: string) => lead.padEnd(text.length));

/** The module's source with the edit made. @throws UsageError when the code does not occur exactly once. */
export function applyEdit(source: string, { module, find, replace, imports = {} }: Edit): string {
  const clean = withoutComments(source);
  const found = [...clean.matchAll(pattern(find))];
  if (found.length !== 1)
    throw new UsageError(`the edit of ${module} matches ${found.length} times, it must match once: ${find}`);
  const [match] = found as [RegExpExecArray];
  // As many lines as before: the source map goes on to fit.
  const lines = (text: string): number => text.split('\n').length;
  const filled = replace + '\n'.repeat(Math.max(0, lines(match[0]) - lines(replace)));
  const edited = clean.slice(0, match.index) + filled + clean.slice(match.index + match[0].length);
  const missing = Object.entries(imports).filter(([name]) => !new RegExp(`^import .*\\b${name}\\b`, 'm').test(clean));
  const up = '../'.repeat(module.split('/').length - 1);
  return missing.map(([name, from]) => `import { ${name} } from '${up}${from}.js';`).join('') + edited;
}

/** The modules that a change touches, as they become. @throws UsageError when an edit does not fit the model any more. */
export function editedModules({ id, edits }: Mutation): ReadonlyMap<string, string> {
  const say = (name: string, value: string): Edit => ({
    module: 'package/activeBug',
    find: `${name} = null`,
    replace: `${name} = ${JSON.stringify(value)}`,
  });
  const origin = pathToFileURL(join(packageRoot, 'dist', 'stepped', 'src', '/')).href;
  const marks = [say('activeBug', id), say('cleanTree', origin)];
  const sources = new Map<string, string>();
  for (const edit of [...marks, ...edits]) {
    const { module } = edit;
    const source = sources.get(module) ?? readFileSync(join(packageRoot, 'dist', 'stepped', 'src', `${module}.js`), 'utf8');
    sources.set(module, applyEdit(source, edit));
  }
  return sources;
}

/** Copies the code of a folder; by links where the file system can, which is ten times as fast. */
function copyCode(from: string, to: string): void {
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => /\.js(\.map)?$/.test(name));
  for (const folder of new Set(files.map((file) => dirname(file)))) mkdirSync(join(to, folder), { recursive: true });
  for (const file of files) {
    try {
      linkSync(join(from, file), join(to, file));
    } catch {
      copyFileSync(join(from, file), join(to, file));
    }
  }
}

/** A copy of the stepped tree with a bug in it. */
export interface MutatedTree {
  /** Folder with the stepped tree; room beside it for an erased one. */
  readonly stepped: string;
  readonly erased: string;
  /** URL of a module below `src` of the stepped tree. */
  readonly urlOf: (module: string) => URL;
  /** Deletes the copy. It happens at the end of the process in any case. */
  readonly remove: () => void;
}

/** @throws UsageError when an edit does not fit the model any more. */
export function mutatedTree(mutation: Mutation): MutatedTree {
  const edited = editedModules(mutation);
  const root = mkdtempSync(join(tmpdir(), 'hmm-lab-bug-'));
  const stepped = join(root, 'dist', 'stepped');
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(root, { recursive: true, force: true });
  };
  process.on('exit', remove);
  try {
    for (const folder of ['src', 'workers']) copyCode(join(packageRoot, 'dist', 'stepped', folder), join(stepped, folder));
    copyFileSync(join(packageRoot, 'package.json'), join(root, 'package.json'));
    symlinkSync(dependencies(), join(root, 'node_modules'));
    for (const [module, source] of edited) {
      const file = join(stepped, 'src', `${module}.js`);
      // It may be a link to the tree's own, which must not change.
      rmSync(file);
      writeFileSync(file, source);
    }
  } catch (error) {
    remove();
    throw error;
  }
  const urlOf = (module: string): URL => pathToFileURL(join(stepped, 'src', `${module}.js`));
  return { stepped, erased: join(root, 'dist', 'erased'), urlOf, remove };
}
