/** Which functions of the model an edit is in. */
import type { AnyNode } from 'acorn';
import type { Edit } from '../../src/bugs/bug.ts';
import { builtModule } from '../../src/mutation/moduleCode.ts';
import { functionsNamed, type Occurrence, occurrences } from '../../src/mutation/occurrences.ts';
import { kindsOf, snippet } from '../../src/mutation/snippet.ts';

/** The place of an edit; null when it does not fit the model. */
function placeOf({ module, in: name, find }: Edit): { readonly program: AnyNode; readonly place: Occurrence } | null {
  const program = builtModule(module)?.program;
  const scope = program === undefined || name === undefined ? program : functionsNamed(program, name)[0];
  if (program === undefined || scope === undefined) return null;
  for (const kind of kindsOf(find)) {
    const nodes = snippet(kind, find)?.nodes ?? [];
    const [place] = nodes.length === 0 ? [] : occurrences(scope, nodes);
    if (place !== undefined) return { program, place };
  }
  return null;
}

type Tree = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';

/** A name that a node gives to the function which is its `key`. */
function given(node: AnyNode, key: string): string | null {
  if (key === 'init' && node.type === 'VariableDeclarator' && node.id.type === 'Identifier') return node.id.name;
  if (key !== 'value' || !('key' in node) || !isNode(node.key)) return null;
  if (node.key.type === 'PrivateIdentifier') return `#${node.key.name}`;
  return node.key.type === 'Identifier' ? node.key.name : null;
}

/** The innermost function with a name around a place; null where there is none. */
function functionAround(program: AnyNode, { start, end }: Occurrence): string | null {
  let found: string | null = null;
  const visit = (node: AnyNode, name: string | null): void => {
    if (node.end < start || node.start > end) return;
    if (/Function/.test(node.type) && node.start <= start && node.end >= end) {
      const own = 'id' in node && isNode(node.id) && node.id.type === 'Identifier' ? node.id.name : name;
      found = own ?? found;
    }
    for (const [key, child] of Object.entries(node as unknown as Tree)) {
      if (isNode(child)) visit(child, given(node, key));
      else if (Array.isArray(child)) for (const one of child) if (isNode(one)) visit(one, null);
    }
  };
  visit(program, null);
  return found;
}

/** Of `known` functions, `MODULE NAME` each, those that the edits are in; all of a module where an edit is in none. */
export function functionsOf(edits: readonly Edit[], known: readonly string[]): ReadonlySet<string> {
  return new Set(
    edits.flatMap((edit) => {
      const at = placeOf(edit);
      const name = at === null ? null : functionAround(at.program, at.place);
      const names = name === null ? null : [name, `get ${name}`, `set ${name}`].map((one) => `${edit.module} ${one}`);
      return known.filter((one) => (names === null ? one.startsWith(`${edit.module} `) : names.includes(one)));
    }),
  );
}
