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
import { applyEdit, type ModuleCode, moduleCode } from './applyEdit.ts';

/** The package: this module is in dist/TREE/src/bugs. */
const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** The folder that the packages we depend on are found in: our own, or that of a project we are installed in. */
function dependencies(): string {
  const somePackage = fileURLToPath(import.meta.resolve('piscina'));
  return somePackage.slice(0, somePackage.lastIndexOf('node_modules') + 'node_modules'.length);
}

/** The modules that a change touches, as they become. @throws UsageError when an edit does not fit the model any more. */
export function editedModules({ id, edits }: Mutation): ReadonlyMap<string, string> {
  const say = (name: string, value: string): Edit => ({
    module: 'package/activeBug',
    find: `export const ${name} = null;`,
    replace: `export const ${name} = ${JSON.stringify(value)};`,
  });
  const origin = pathToFileURL(join(packageRoot, 'dist', 'stepped', 'src', '/')).href;
  const marks = [say('activeBug', id), say('cleanTree', origin)];
  const edited = new Map<string, ModuleCode>();
  for (const edit of [...marks, ...edits])
    edited.set(edit.module, applyEdit(edited.get(edit.module) ?? asBuilt(edit.module), edit));
  return new Map([...edited].map(([module, { source }]) => [module, source]));
}

/** Modules of the tree as it is, once they were read. */
const built = new Map<string, ModuleCode>();

function asBuilt(module: string): ModuleCode {
  const known = built.get(module);
  if (known !== undefined) return known;
  const code = moduleCode(readFileSync(join(packageRoot, 'dist', 'stepped', 'src', `${module}.js`), 'utf8'));
  built.set(module, code);
  return code;
}

/** Copies the code of a folder; by links where the file system can, which is ten times as fast. */
function copyCode(from: string, to: string): void {
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
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
