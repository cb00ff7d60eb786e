/** Imports that the new code of an edit needs. */
import { posix } from 'node:path';
import type { Program } from 'acorn';
import type { Edit } from '../bugs/bug.ts';
import { UsageError } from '../input/usageError.ts';

/** The names that a module imports, and the modules below `src` they come from; the specifier itself for those of packages. */
function imported(program: Program, module: string): ReadonlyMap<string, string> {
  const folder = posix.dirname(module);
  const names = new Map<string, string>();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration') continue;
    const specifier = String(statement.source.value);
    const from = specifier.startsWith('.') ? posix.join(folder, specifier).replace(/\.js$/, '') : specifier;
    for (const { local } of statement.specifiers) names.set(local.name, from);
  }
  return names;
}

/**
 * The source with imports of those names that the module does not have yet, on the line of its first statement.
 *
 * @throws UsageError when the module has a name from elsewhere.
 */
export function addImports(source: string, program: Program, { module, imports = {} }: Edit): string {
  if (Object.keys(imports).length === 0) return source;
  const has = imported(program, module);
  const missing = Object.entries(imports).filter(([name, from]) => {
    const known = has.get(name);
    if (known !== undefined && known !== from)
      throw new UsageError(`the edit of ${module} imports ${name} of ${from}, and the module has a ${name} of ${known}`);
    return known === undefined;
  });
  const up = '../'.repeat(module.split('/').length - 1) || './';
  const added = missing.map(([name, from]) => `import { ${name} } from '${up}${from}.js';`).join('');
  // Behind the comments at the top: one of them may be about the whole module.
  const at = program.body[0]?.start ?? source.length;
  return source.slice(0, at) + added + source.slice(at);
}
