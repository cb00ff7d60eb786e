/** How a module names other modules and itself: specifiers, `import()` and `import.meta`, each rewritten on demand. */
import type { AnyNode } from 'acorn';
import type MagicString from 'magic-string';
import { freshName, type Module } from './module.ts';

export interface ImportRules {
  /** Maps the specifier of every static import and re-export, and of an `import()` of a literal. */
  readonly rewriteImport?: (specifier: string, isDynamic: boolean) => string;
  /** Specifier of a module that exports `meta` and `load`: they take the places of `import.meta` and of the `import` of `import()`. */
  readonly ownModule?: string;
}

export function rewriteImports(module: Module, text: MagicString, rules: ImportRules): void {
  if (rules.rewriteImport !== undefined) rewriteSpecifiers(module.nodes, text, rules.rewriteImport);
  if (rules.ownModule !== undefined) replaceOwn(module, text, rules.ownModule);
}

function rewriteSpecifiers(
  nodes: readonly AnyNode[],
  text: MagicString,
  rewrite: NonNullable<ImportRules['rewriteImport']>,
): void {
  for (const node of nodes) {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'ImportExpression': {
        const from = node.source;
        if (from?.type !== 'Literal' || typeof from.value !== 'string') break;
        const specifier = rewrite(from.value, node.type === 'ImportExpression');
        if (specifier !== from.value) text.update(from.start, from.end, JSON.stringify(specifier));
      }
    }
  }
}

/** The names come from an import, which is there before any function of the module can run, also in a circle of modules. */
function replaceOwn(module: Module, text: MagicString, ownModule: string): void {
  const names = new Map<'meta' | 'load', string>();
  const nameOf = (what: 'meta' | 'load'): string => {
    const name = names.get(what) ?? freshName(what, module);
    names.set(what, name);
    return name;
  };
  for (const node of module.nodes) {
    if (node.type === 'MetaProperty' && node.meta.name === 'import') text.update(node.start, node.end, nameOf('meta'));
    if (node.type === 'ImportExpression') text.update(node.start, node.start + 'import'.length, nameOf('load'));
  }
  if (names.size === 0) return;
  const clause = [...names].map(([what, name]) => (what === name ? name : `${what} as ${name}`)).join(', ');
  // On the line of the first token: line numbers stay.
  text.prependLeft(module.tokens[0]?.start ?? 0, `import { ${clause} } from ${JSON.stringify(ownModule)}; `);
}
