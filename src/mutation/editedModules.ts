/** The modules that a change of the model touches, with its edits made. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Edit, Mutation } from '../bugs/bug.ts';
import { UsageError } from '../input/usageError.ts';
import { applyEdit } from './applyEdit.ts';
import { builtTree } from './builtTree.ts';
import { builtModule, isExported, type ModuleCode } from './moduleCode.ts';
import { undeclared } from './undeclared.ts';

/** @throws UsageError when the model does not have the module, or what an edit imports. */
function asBuilt({ module, imports = {} }: Edit): ModuleCode {
  for (const [name, from] of Object.entries(imports)) {
    const source = builtModule(from);
    if (source === null || !isExported(source, name))
      throw new UsageError(
        `the edit of ${module} imports ${name} of ${from}, and the model has no ${source === null ? 'module' : name} there`,
      );
  }
  const code = builtModule(module);
  if (code === null)
    throw new UsageError(`an edit is of the module '${module}', and there is none of that name below src of hmm-lab`);
  return code;
}

/** @throws UsageError for a name that would be missing when the new code runs. */
function checkNames(module: string, code: ModuleCode): void {
  const [name] = undeclared(code);
  if (name === undefined) return;
  throw new UsageError(
    `the new code of ${module} uses '${name}', which the module neither declares nor imports: say in imports where it comes from`,
  );
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
  for (const edit of [...marks(mutation), ...mutation.edits]) {
    const code = asBuilt(edit);
    edited.set(edit.module, applyEdit(edited.get(edit.module) ?? code, edit));
  }
  for (const [module, code] of edited) checkNames(module, code);
  return new Map([...edited].map(([module, { source }]) => [module, source]));
}
