/** Makes an edit in a module's code. */
import type { AnyNode } from 'acorn';
import type { Edit } from '../bugs/bug.ts';
import { UsageError } from '../input/usageError.ts';
import { addImports } from './addImports.ts';
import { type ModuleCode, moduleCode } from './moduleCode.ts';
import { functionsNamed, type Occurrence, occurrences } from './occurrences.ts';
import { type Kind, kindsOf, onLines, snippet, syntaxDefect } from './snippet.ts';

const linesOf = (text: string): number => text.split('\n').length;

/** Code in a message: on one line. */
const shown = (code: string): string => code.trim().replace(/\s+/g, ' ');

const times = (n: number): string => `${n} time${n === 1 ? '' : 's'}`;

/** The part of the module that the edit is about. */
function scopeOf({ program }: ModuleCode, { module, in: name }: Edit): AnyNode {
  if (name === undefined) return program;
  const found = functionsNamed(program, name);
  if (found.length !== 1)
    throw new UsageError(`the edit of ${module} is in the function '${name}', which the module has ${times(found.length)}`);
  return found[0] as AnyNode;
}

/** The one place where the code of the edit occurs, and what it is there. @throws UsageError when there is none, or several. */
function placeOf(code: ModuleCode, edit: Edit): { readonly place: Occurrence; readonly kind: Kind } {
  const { module, find, in: name } = edit;
  if (find.trim() === '') throw new UsageError(`the edit of ${module} has no code to find`);
  const scope = scopeOf(code, edit);
  let parses = false;
  for (const kind of kindsOf(find)) {
    const nodes = snippet(kind, find)?.nodes ?? [];
    if (nodes.length === 0) continue;
    parses = true;
    const [place, ...more] = occurrences(scope, nodes);
    if (place === undefined) continue;
    if (more.length === 0) return { place, kind };
    const lines = [place, ...more].map(({ start }) => linesOf(code.source.slice(0, start)));
    throw new UsageError(
      `the edit of ${module} matches ${times(lines.length)} (in lines ${lines.join(', ')} of the built module), it must match once: ${shown(find)}`,
    );
  }
  if (!parses)
    throw new UsageError(
      `the code that the edit of ${module} looks for is no expression, no statements and no members of a class or an object ` +
        `(${syntaxDefect(find)}): ${shown(find)}`,
    );
  const where = name === undefined ? '' : ` in the function '${name}'`;
  throw new UsageError(`the edit of ${module} matches 0 times${where}, it must match once: ${shown(find)}`);
}

/** What is written in place of the code: of the same kind, and on as many lines. */
function replacement({ module, replace }: Edit, kind: Kind, place: Occurrence, lines: number): string {
  if (replace.trim() === '') {
    if (kind === 'expression')
      throw new UsageError(`the edit of ${module} takes an expression away, and has nothing to put in its place`);
    return `${kind === 'properties' ? '...{}' : place.isBare ? '{}' : ''}${'\n'.repeat(lines - 1)}`;
  }
  const read = snippet(kind, replace);
  if (read === null)
    throw new UsageError(
      `the new code of the edit of ${module} must be of the same kind as what it replaces, ${NAMES[kind]}: ${shown(replace)}`,
    );
  const text = onLines(replace, read, lines);
  if (text === null)
    throw new UsageError(
      `the new code of the edit of ${module} has more lines than what it replaces, and lacks semicolons: ${shown(replace)}`,
    );
  if (place.isBare) return `{ ${text} }`;
  // What stands around may bind closer than the operators of the new code.
  const isAtom = read.nodes[0]?.type === 'Identifier' || read.nodes[0]?.type === 'Literal';
  return kind === 'expression' && !isAtom ? `(${text})` : text;
}

const NAMES: Readonly<Record<Kind, string>> = {
  expression: 'an expression',
  statements: 'statements',
  items: 'statements of a module',
  members: 'members of a class',
  properties: 'properties of an object',
};

/**
 * The module with the edit made. All lines keep their numbers, so that its source map goes on to fit.
 *
 * @throws UsageError when the code does not occur exactly once, or the module would be none with the new code.
 */
export function applyEdit(code: ModuleCode, edit: Edit): ModuleCode {
  const { source } = code;
  const { place, kind } = placeOf(code, edit);
  const { start, end } = place;
  const text = replacement(edit, kind, place, linesOf(source.slice(start, end)));
  const edited = source.slice(0, start) + text + source.slice(end);
  try {
    return moduleCode(addImports(edited, code.program, edit));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`the edit of ${edit.module} makes it no module: ${error.message}`, { cause: error });
  }
}
