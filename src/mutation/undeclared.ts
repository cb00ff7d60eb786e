/** Names that a module uses, and neither declares nor imports. */
import { analyze } from 'eslint-scope';
import type { ModuleCode } from './moduleCode.ts';

/** Without those that every module has. */
export function undeclared({ program }: ModuleCode): ReadonlySet<string> {
  const { globalScope } = analyze(program as never, { ecmaVersion: 2024, sourceType: 'module' });
  const names = globalScope?.through.map(({ identifier }) => identifier.name as string) ?? [];
  return new Set(names.filter((name) => !(name in globalThis) && name !== 'arguments'));
}
