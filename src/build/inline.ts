/*
 * Constants become numbers.
 *
 * JavaScript engines read an imported binding from memory each time, even a `const` one, and a member of a constant object
 * takes three reads. The model is made of such names: `mm + Mm.pgd`, `PTE_PRESENT`, `Point.setPte`. In the erased tree, which
 * is built for speed, each is replaced by its value, as a C compiler does with an enum or an offsetof.
 */
import type { AnyNode } from 'acorn';
import type MagicString from 'magic-string';

/** Exports of the module an import names; null asks for the module's own. Undefined: nothing of it may be replaced. */
export type ConstantsOf = (specifier: string | null) => Readonly<Record<string, unknown>> | undefined;

/** Names of a module that stand for a number or a truth value, or for a frozen object of numbers. */
function constantNames(nodes: readonly AnyNode[], constantsOf: ConstantsOf): Map<string, unknown> {
  const names = new Map<string, unknown>();
  const own = constantsOf(null) ?? {};
  for (const node of nodes) {
    if (node.type === 'ImportDeclaration') {
      const values = constantsOf(String(node.source.value));
      for (const item of node.specifiers) {
        if (values === undefined || item.type !== 'ImportSpecifier' || item.imported.type !== 'Identifier') continue;
        names.set(item.local.name, values[item.imported.name]);
      }
    } else if (node.type === 'ExportNamedDeclaration' && node.declaration?.type === 'VariableDeclaration') {
      if (node.declaration.kind !== 'const') continue;
      for (const { id } of node.declaration.declarations) if (id.type === 'Identifier') names.set(id.name, own[id.name]);
    }
  }
  return names;
}

/** Identifiers that are not references: keys, members, declarations. By position. */
function notReferences(nodes: readonly AnyNode[]): Set<number> {
  const positions = new Set<number>();
  for (const node of nodes) {
    switch (node.type) {
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (!node.computed || (node.type === 'Property' && node.shorthand)) positions.add(node.key.start);
        break;
      case 'MemberExpression':
        if (!node.computed) positions.add(node.property.start);
        break;
      case 'VariableDeclarator':
        positions.add(node.id.start);
        break;
    }
  }
  return positions;
}

/** Names declared inside the module other than as import or export: a constant of that name might be shadowed. */
function shadowed(nodes: readonly AnyNode[], names: ReadonlyMap<string, unknown>): Set<string> {
  const counts = new Map<string, number>();
  const declare = (pattern: AnyNode | null): void => {
    if (pattern?.type === 'Identifier' && names.has(pattern.name)) counts.set(pattern.name, (counts.get(pattern.name) ?? 0) + 1);
    else if (pattern?.type === 'ObjectPattern')
      for (const item of pattern.properties) declare(item.type === 'Property' ? (item.value as AnyNode) : item);
    else if (pattern?.type === 'ArrayPattern') for (const item of pattern.elements) declare(item as AnyNode | null);
    else if (pattern?.type === 'AssignmentPattern') declare(pattern.left as AnyNode);
    else if (pattern?.type === 'RestElement') declare(pattern.argument as AnyNode);
  };
  for (const node of nodes) {
    if (node.type === 'VariableDeclarator') declare(node.id as AnyNode);
    else if (node.type === 'ImportSpecifier') declare(node.local as AnyNode);
    else if ('params' in node) for (const parameter of node.params) declare(parameter as AnyNode);
  }
  return new Set([...counts].filter(([, count]) => count > 1).map(([name]) => name));
}

const literal = (value: number | boolean): string => (typeof value === 'number' && value < 0 ? `(${value})` : String(value));

const isNumbers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.isFrozen(value);

/** Replaces the constants of a module in `text`. `full` lists every node of it. */
export function inlineConstants(nodes: readonly AnyNode[], text: MagicString, constantsOf: ConstantsOf): void {
  const names = constantNames(nodes, constantsOf);
  for (const name of shadowed(nodes, names)) names.delete(name);
  const skip = notReferences(nodes);
  for (const node of nodes) {
    if (node.type === 'Identifier' && !skip.has(node.start)) {
      const value = names.get(node.name);
      if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
        text.update(node.start, node.end, literal(value));
    } else if (node.type === 'MemberExpression' && !node.computed && node.object.type === 'Identifier') {
      const object = names.get(node.object.name);
      const value = isNumbers(object) && node.property.type === 'Identifier' ? object[node.property.name] : undefined;
      if (typeof value === 'number') text.update(node.start, node.end, literal(value));
    }
  }
}
