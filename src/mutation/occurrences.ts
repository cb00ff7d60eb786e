/** Where a piece of code occurs in a module: as syntax trees, so that white space, comments and parentheses do not matter. */
import type { AnyNode } from 'acorn';

/** A place in a module's text. */
export interface Occurrence {
  readonly start: number;
  readonly end: number;
  /** The statement is the only one after an `if` or in a loop, without braces around it. */
  readonly isBare: boolean;
}

/** Says where a node stands and how it is written, and not what it is. */
const WRITING = new Set(['start', 'end', 'range', 'raw', 'directive', 'optionalDirective']);

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';

type Shape = { readonly type?: unknown } & Readonly<Record<string, unknown>>;

function sameNode(a: Shape, b: Shape): boolean {
  // Most nodes differ in this.
  if (a.type !== b.type) return false;
  for (const key of Object.keys(a)) if (!WRITING.has(key) && !same(a[key], b[key])) return false;
  return true;
}

/** Do two parts of trees mean the same? */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && sameNodes(a, b);
  if (a instanceof RegExp) return b instanceof RegExp && String(a) === String(b);
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
  return sameNode(a as Shape, b as Shape);
}

/** Do two lists of nodes mean the same? */
export const sameNodes = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((node, i) => same(node, b[i]));

/** What of a node is a name, and no code of its own: nothing occurs there. */
function isName(node: AnyNode, key: string): boolean {
  switch (key) {
    case 'property':
    case 'key':
      return (node as { readonly computed?: boolean }).computed === false;
    case 'label':
    case 'local':
    case 'imported':
    case 'exported':
      return true;
    default:
      return false;
  }
}

/** `const i = 0` in the head of a loop is no statement. */
const isHead = (key: string, child: AnyNode): boolean =>
  child.type === 'VariableDeclaration' && (key === 'init' || key === 'left');

const isBody = (key: string): boolean => key === 'consequent' || key === 'alternate' || key === 'body';

/** All places below a node where the pattern, a node or several in a row, occurs. */
export function occurrences(below: AnyNode, pattern: readonly AnyNode[]): readonly Occurrence[] {
  const found: Occurrence[] = [];
  const [first] = pattern;
  const isStatement = first !== undefined && /Statement$|Declaration$/.test(first.type);
  const inList = (list: readonly unknown[]): void => {
    for (let at = 0; at + pattern.length <= list.length; at++) {
      if (!pattern.every((node, i) => same(node, list[at + i]))) continue;
      found.push({ start: (list[at] as AnyNode).start, end: (list[at + pattern.length - 1] as AnyNode).end, isBare: false });
    }
  };
  const visit = (node: AnyNode): void => {
    for (const key of Object.keys(node)) {
      if (isName(node, key)) continue;
      const child: unknown = (node as unknown as Shape)[key];
      if (Array.isArray(child)) {
        inList(child);
        for (const one of child) if (isNode(one)) visit(one);
      } else if (isNode(child)) {
        if (pattern.length === 1 && !isHead(key, child) && same(first, child))
          found.push({ start: child.start, end: child.end, isBare: isStatement && isBody(key) });
        visit(child);
      }
    }
  };
  visit(below);
  return found;
}

/** The functions of a module by their names: declared, given to a variable, or members of a class or an object. */
export function functionsNamed(below: AnyNode, name: string): readonly AnyNode[] {
  const found: AnyNode[] = [];
  const isFunction = (node: unknown): boolean => isNode(node) && /^(Arrow)?Function/.test(node.type);
  const nameOf = (node: unknown): string | null => {
    if (!isNode(node)) return null;
    if (node.type === 'PrivateIdentifier') return `#${node.name}`;
    return node.type === 'Identifier' ? node.name : null;
  };
  const visit = (node: AnyNode): void => {
    if (node.type === 'FunctionDeclaration' && nameOf(node.id) === name) found.push(node);
    if (node.type === 'VariableDeclarator' && nameOf(node.id) === name && isFunction(node.init)) found.push(node);
    if ('key' in node && 'value' in node && nameOf(node.key) === name && isFunction(node.value)) found.push(node as AnyNode);
    for (const child of Object.values(node)) {
      if (Array.isArray(child)) {
        for (const one of child) if (isNode(one)) visit(one);
      } else if (isNode(child)) visit(child);
    }
  };
  visit(below);
  return found;
}
