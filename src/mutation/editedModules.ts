/** The modules that a change of the model touches, with its edits made. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Edit, Mutation } from '../bugs/bug.ts';
import { applyEdit, type ModuleCode, moduleCode } from './applyEdit.ts';
import { builtTree } from './builtTree.ts';

/** Modules of the tree as it is, once they were read. */
const built = new Map<string, ModuleCode>();

function asBuilt(module: string): ModuleCode {
  const known = built.get(module);
  if (known !== undefined) return known;
  const code = moduleCode(readFileSync(join(builtTree, 'src', `${module}.js`), 'utf8'));
  built.set(module, code);
  return code;
}

/** Notes in the tree which bug is in it, and where the tree without it is. */
function marks({ id }: Mutation): readonly Edit[] {
  const say = (name: string, value: string): Edit => ({
    module: 'package/activeBug',
    find: `export const ${name} = null;`,
    replace: `export const ${name} = ${JSON.stringify(value)};`,
  });
  return [say('activeBug', id), say('cleanTree', pathToFileURL(join(builtTree, 'src', '/')).href)];
}

/**
 * The source of each edited module, by its path below `src` without extension.
 *
 * @throws UsageError when an edit does not fit the model any more.
 */
export function editedModules(mutation: Mutation): ReadonlyMap<string, string> {
  const edited = new Map<string, ModuleCode>();
  for (const edit of [...marks(mutation), ...mutation.edits])
    edited.set(edit.module, applyEdit(edited.get(edit.module) ?? asBuilt(edit.module), edit));
  return new Map([...edited].map(([module, { source }]) => [module, source]));
}
