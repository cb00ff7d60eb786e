/** Puts a bug into a copy of a built tree. The tree itself stays as it is. */
import {
  copyFileSync,
  type Dirent,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutation } from '../bugs/bug.ts';
import { recordedModule } from '../build/recordTree.ts';
import { FULL_BITS, setTableBits } from '../build/smallTables.ts';
import { runFolder } from '../package/runFolder.ts';
import { builtPackage, builtTree } from './builtTree.ts';
import { editedModules } from './editedModules.ts';
import { linkPackages } from './linkPackages.ts';

/**
 * Copies the code of a folder; by links where the file system can, which is ten times as fast. No folder is made above `to`: it may
 * be gone, as the run has ended, and must not come back.
 */
function copyCode(from: string, to: string): void {
  mkdirSync(to);
  const entries = readdirSync(from, { recursive: true, withFileTypes: true });
  const pathOf = (entry: Dirent): string => relative(from, join(entry.parentPath, entry.name));
  const folders = entries.filter((entry) => entry.isDirectory()).map(pathOf);
  // A folder comes before those in it.
  for (const folder of folders.sort()) mkdirSync(join(to, folder));
  for (const file of entries.filter(({ name }) => name.endsWith('.js')).map(pathOf)) {
    try {
      linkSync(join(from, file), join(to, file));
    } catch {
      copyFileSync(join(from, file), join(to, file));
    }
  }
}

/**
 * The folder of this run for trees, with what a tree needs beside its code. Threads are given it by the main thread, which removes it
 * whatever ends the process.
 */
export function treesFolder(): string {
  const folder = runFolder();
  const packages = join(folder, 'node_modules');
  if (!existsSync(packages)) {
    copyFileSync(join(builtPackage, 'package.json'), join(folder, 'package.json'));
    linkPackages(builtPackage, packages);
  }
  return folder;
}

/** A copy of the stepped tree with a bug in it. */
export interface MutatedTree {
  /** Folder of the stepped tree. */
  readonly stepped: string;
  /** URL of a module below `src` of the stepped tree. */
  readonly urlOf: (module: string) => URL;
  /** The same for the erased tree, which is made when it is first asked for. */
  readonly erasedUrlOf: (module: string) => Promise<URL>;
  /** Deletes the copy. It happens at the end of the process in any case. */
  readonly remove: () => void;
}

/** @throws UsageError when an edit does not fit the model any more. */
export function mutatedTree(mutation: Mutation, folder = treesFolder()): MutatedTree {
  const edited = editedModules(mutation);
  const root = mkdtempSync(join(folder, 'tree-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  const [stepped, erased] = [join(root, 'dist', 'stepped'), join(root, 'dist', 'erased')];
  try {
    for (const folder of [join(root, 'dist'), stepped]) mkdirSync(folder);
    for (const part of ['src', 'workers']) copyCode(join(builtTree, part), join(stepped, part));
    for (const [module, source] of edited) {
      const file = join(stepped, 'src', `${module}.js`);
      // It may be a link to the tree's own, which must not change.
      rmSync(file);
      writeFileSync(file, recordedModule(source, join('src', `${module}.js`)));
    }
  } catch (error) {
    remove();
    throw error;
  }
  let erasing: Promise<unknown> | undefined;
  const urlIn = (tree: string, module: string): URL => pathToFileURL(join(tree, 'src', `${module}.js`));
  // Small tables are for exploring: what races has those of full size.
  const full = (): string => {
    const tree = join(root, 'dist', 'full');
    copyCode(stepped, tree);
    setTableBits(tree, FULL_BITS);
    return tree;
  };
  const erasedUrlOf = async (module: string): Promise<URL> => {
    const { eraseTree } = await import('../build/eraseTree.ts');
    erasing ??= eraseTree(full(), erased);
    await erasing;
    return urlIn(erased, module);
  };
  return { stepped, urlOf: (module) => urlIn(stepped, module), erasedUrlOf, remove };
}
