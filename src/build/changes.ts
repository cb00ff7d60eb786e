/** What a node of a module's text changes: the names and members that it gives a value, and methods that change their object. */
import type { AnyNode } from 'acorn';

export type FunctionNode = Extract<AnyNode, { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }>;

/** Methods that change an array, a typed array, a map or a set. */
export const CHANGING = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear append setTime getOrInsert getOrInsertComputed'.split(
    ' ',
  ),
);

/** Functions of `Object` and `Reflect` that change their first argument. */
export const CHANGING_FIRST = new Set([
  'assign',
  'defineProperty',
  'defineProperties',
  'setPrototypeOf',
  'set',
  'deleteProperty',
]);

export const isFunction = (node: AnyNode): node is FunctionNode =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';

/** Does the import name a module of the user's? */
export const isRelative = (specifier: string): boolean => /^(\.{0,2}\/|file:)/.test(specifier);

/** The innermost name of `a.b[c].d`; a `this`; null for anything else. */
export function rootOf(node: AnyNode | null | undefined): AnyNode | null {
  switch (node?.type) {
    case 'Identifier':
    case 'ThisExpression':
      return node;
    case 'MemberExpression':
      return rootOf(node.object);
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return rootOf(node.expression);
    default:
      return null;
  }
}

/** The names and members that a node gives a value, or takes away. */
export function changedBy(node: AnyNode): AnyNode[] {
  if (node.type === 'AssignmentExpression') return targetsOf(node.left as AnyNode);
  if (node.type === 'UpdateExpression') return targetsOf(node.argument as AnyNode);
  if (node.type === 'UnaryExpression' && node.operator === 'delete') return targetsOf(node.argument as AnyNode);
  if ((node.type === 'ForOfStatement' || node.type === 'ForInStatement') && node.left.type !== 'VariableDeclaration')
    return targetsOf(node.left as AnyNode);
  return [];
}

function targetsOf(pattern: AnyNode | null): AnyNode[] {
  switch (pattern?.type) {
    case 'Identifier':
    case 'MemberExpression':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => targetsOf((one.type === 'RestElement' ? one.argument : one.value) as AnyNode));
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => targetsOf(one as AnyNode | null));
    case 'RestElement':
      return targetsOf(pattern.argument as AnyNode);
    case 'AssignmentPattern':
      return targetsOf(pattern.left as AnyNode);
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return targetsOf(pattern.expression as AnyNode);
    default:
      return [];
  }
}
