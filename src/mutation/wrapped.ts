/*
 * A module as a function, so that one thread can run it many times.
 *
 *     module                                     wrapped
 *     import { get, set as put } from './x.js';  const {get, set: put} = import_("mm/x", "get", "set");
 *     export const one = 1;                      const one = 1;
 *     await import('./y.js')                     await late_("mm/y")
 *                                                return {one};
 *
 * Lines stay where they are: a stack trace names the same places. What Node does with a module for a URL, reading and compiling it, is
 * done once, however often the function is called.
 */
import { dirname, join } from 'node:path/posix';
import { constants, Script } from 'node:vm';
import type { AnyNode, ExportNamedDeclaration, ImportDeclaration } from 'acorn';
import { full } from 'acorn-walk';
import MagicString from 'magic-string';
import { moduleCode } from './moduleCode.ts';

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * Runs the module. `imported` gives what a module of the tree, or one that is none of it, exports: all the names are there. `meta` is
 * its import.meta. `late` gives what a module of the tree exports that this one imports while it runs.
 */
type Run = (
  imported: (from: string, ...names: readonly string[]) => Exports,
  meta: { readonly url: string },
  late: (from: string) => Promise<Exports>,
) => Exports;

export interface Wrapped {
  readonly run: () => Run;
  /** Modules that it imports: of the tree by their path below `src` without extension, and others as they are named. */
  readonly imports: readonly string[];
}

const quoted = (text: string): string => JSON.stringify(text);

/** The module that a specifier in `module` stands for. */
const target = (module: string, specifier: string): string =>
  specifier.startsWith('.') ? join(dirname(module), specifier).replace(/\.js$/, '') : specifier;

const nameOf = (node: AnyNode): string => ('name' in node ? (node.name as string) : String((node as { value: unknown }).value));

/** `{a, b: c}` of [name, what it stands for]. */
const braced = (names: readonly (readonly [string, string])[]): string =>
  `{${names.map(([name, value]) => (name === value ? name : `${name}: ${value}`)).join(', ')}}`;

const call = (from: string, names: readonly string[] = []): string => `import_(${[from, ...names].map(quoted).join(', ')})`;

function imported(from: string, { specifiers }: ImportDeclaration): string {
  const [first] = specifiers;
  if (first?.type === 'ImportNamespaceSpecifier') return `const ${first.local.name} = ${call(from)};`;
  const names = specifiers.map(
    (one) => [one.type === 'ImportSpecifier' ? nameOf(one.imported) : 'default', one.local.name] as const,
  );
  return names.length === 0
    ? `${call(from)};`
    : `const ${braced(names)} = ${call(
        from,
        names.map(([name]) => name),
      )};`;
}

/** Names that a declaration declares; none for variables that change, as whoever imported one would keep its first value. */
function declared({ declaration }: ExportNamedDeclaration): readonly string[] {
  if (declaration == null) return [];
  if (declaration.type !== 'VariableDeclaration') return [declaration.id.name];
  return declaration.kind === 'const' ? declaration.declarations.map(({ id }) => nameOf(id)) : [];
}

/**
 * A module of the tree, wrapped. `module` is its path below `src` without extension, `file` what stack traces call it.
 *
 * @throws Error for what no module of the tree has: an export by default, or one of all that another module exports.
 */
export function wrapped(module: string, source: string, file: string): Wrapped {
  const { program } = moduleCode(source);
  const text = new MagicString(source);
  const imports: string[] = [];
  const exported: (readonly [string, string])[] = [];
  /** Notes a module that is imported, and takes the statement away, but for its lines. */
  const takes = (node: AnyNode, specifier: unknown, statement: (from: string) => string): void => {
    const from = target(module, String(specifier));
    imports.push(from);
    text.overwrite(node.start, node.end, statement(from) + source.slice(node.start, node.end).replace(/[^\n]/g, ''));
  };
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') {
      takes(node, node.source.value, (from) => imported(from, node));
    } else if (node.type === 'ExportNamedDeclaration') {
      const { specifiers, source: of } = node;
      const from = `from${imports.length}_`;
      const value = (local: AnyNode): string => (of == null ? nameOf(local) : `${from}.${nameOf(local)}`);
      for (const name of declared(node)) exported.push([name, name]);
      for (const { exported: as, local } of specifiers) exported.push([nameOf(as), value(local)]);
      if (of == null) text.remove(node.start, node.declaration?.start ?? node.end);
      else
        takes(
          node,
          of.value,
          (module) =>
            `const ${from} = ${call(
              module,
              specifiers.map(({ local }) => nameOf(local)),
            )};`,
        );
    } else if (/^Export/.test(node.type)) {
      throw new Error(`${file} exports in a way that is not wrapped: ${source.slice(node.start, node.start + 40)}`);
    }
  }
  full(program, (node) => {
    if (node.type !== 'ImportExpression' || node.source.type !== 'Literal') return;
    const specifier = String(node.source.value);
    if (specifier.startsWith('.')) text.overwrite(node.start, node.end, `late_(${quoted(target(module, specifier))})`);
  });
  // The names are none that a module of the tree has.
  text.prepend("(function (import_, meta_, late_) { 'use strict'; ").append(`\nreturn ${braced(exported)};\n})`);
  const code = text.toString().replaceAll(/\bimport\.meta\b/g, 'meta_');
  const script = new Script(code, { filename: file, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  return { run: () => script.runInThisContext() as Run, imports };
}
