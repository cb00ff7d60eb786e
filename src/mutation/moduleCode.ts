/** Modules of a built tree: their text, and what it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, parse } from 'acorn';
import { plainModule } from '../build/plainModule.ts';
import { builtTree } from './builtTree.ts';

export interface ModuleCode {
  readonly source: string;
  readonly program: Program;
}

/** @throws SyntaxError */
export const moduleCode = (source: string): ModuleCode => ({
  source,
  program: parse(source, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true, ranges: true }),
});

/** Modules of the tree as it is, once they were asked for; null for those that it does not have. */
const built = new Map<string, ModuleCode | null>();

function readModule(module: string): ModuleCode | null {
  // No way out of the folder.
  if (!/^\w+(\/\w+)*$/.test(module)) return null;
  try {
    return moduleCode(plainModule(readFileSync(join(builtTree, 'src', `${module}.js`), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A module of the tree as it is, by its path below `src` without extension; null when there is none. */
export function builtModule(module: string): ModuleCode | null {
  const known = built.get(module);
  if (known !== undefined) return known;
  const code = readModule(module);
  built.set(module, code);
  return code;
}

/** Does a module export a name? True, too, where it exports all that another one does, and that is not followed. */
export function isExported({ program }: ModuleCode, name: string): boolean {
  return program.body.some((statement) => {
    if (statement.type === 'ExportAllDeclaration') return statement.exported === null;
    if (statement.type !== 'ExportNamedDeclaration') return false;
    const { declaration, specifiers } = statement;
    if (specifiers.some(({ exported }) => exported.type === 'Identifier' && exported.name === name)) return true;
    if (declaration == null) return false;
    if (declaration.type !== 'VariableDeclaration') return declaration.id.name === name;
    return declaration.declarations.some(({ id }) => id.type === 'Identifier' && id.name === name);
  });
}
