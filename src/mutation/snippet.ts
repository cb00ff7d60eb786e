/** A piece of a module's code, parsed as what it can be: an expression, statements, or members of a class or an object. */
import { type AnyNode, type Options, parse, type Token } from 'acorn';
import { sameNodes } from './occurrences.ts';

/** What a piece of code is parsed as. */
export type Kind = 'expression' | 'statements' | 'items' | 'members' | 'properties';

export interface Snippet {
  readonly kind: Kind;
  readonly nodes: readonly AnyNode[];
  readonly tokens: readonly Token[];
}

/** Code is put between two pieces of text, and its nodes are found at the end of a path of names. */
interface Frame {
  readonly before: string;
  readonly after: string;
  readonly path: readonly string[];
}

/** Code of an operation may yield, and leave the round of a loop. */
const operation = { before: 'async function* _() { for (;;) ', path: ['body', 'body', 'body', 'body'] };

const frames: Readonly<Record<Kind, Frame>> = {
  expression: { before: `${operation.before}return (`, after: '\n); }', path: [...operation.path, 'argument'] },
  statements: { before: `${operation.before}{ `, after: '\n} }', path: [...operation.path, 'body'] },
  items: { before: '', after: '', path: ['body'] },
  members: { before: 'class _ extends Object { ', after: '\n}', path: ['body', 'body', 'body'] },
  properties: { before: '({ ', after: '\n})', path: ['body', 'expression', 'properties'] },
};

/** What is at the end of the path; null if a list on the way has several: then the code has closed its frame, and opened another. */
function follow(program: AnyNode, path: readonly string[]): readonly AnyNode[] | null {
  let at: unknown = program;
  for (const name of path) {
    if (Array.isArray(at) && at.length !== 1) return null;
    const node = (Array.isArray(at) ? at[0] : at) as Readonly<Record<string, unknown>>;
    at = node[name] ?? null;
    if (at === null) return null;
  }
  return (Array.isArray(at) ? at : [at]) as AnyNode[];
}

/** What a piece of code may be, the likeliest first. */
export const kindsOf = (code: string): readonly Kind[] =>
  /[;}]\s*$/.test(code)
    ? ['statements', 'items', 'members', 'properties', 'expression']
    : ['expression', 'properties', 'members', 'statements', 'items'];

const syntax: Options = {
  ecmaVersion: 'latest',
  sourceType: 'module',
  checkPrivateFields: false,
  allowSuperOutsideMethod: true,
};

/** An expression without a semicolon is an expression wherever it stands, and not only as a statement of its own. */
const isBareExpression = (code: string, [first, ...rest]: readonly AnyNode[]): boolean =>
  first?.type === 'ExpressionStatement' && rest.length === 0 && !code.trimEnd().endsWith(';');

/** The code as a piece of one kind. @throws SyntaxError when it is none. */
function parsedAs(kind: Kind, code: string): Snippet | null {
  const { before, after, path } = frames[kind];
  const all: Token[] = [];
  const nodes = follow(parse(`${before}${code}${after}`, { ...syntax, onToken: all }), path);
  if (nodes === null || ((kind === 'statements' || kind === 'items') && isBareExpression(code, nodes))) return null;
  const tokens = all
    .filter(({ start }) => start >= before.length && start < before.length + code.length)
    .map((token) => ({ ...token, start: token.start - before.length, end: token.end - before.length }));
  return { kind, nodes, tokens: tokens as Token[] };
}

/** As {@link parsedAs}; null, too, when it is none. */
export function snippet(kind: Kind, code: string): Snippet | null {
  try {
    return parsedAs(kind, code);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Why a piece of code is of no kind: what is wrong with it as statements. */
export function syntaxDefect(code: string): string {
  try {
    parsedAs('statements', code);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message.replace(/ \(\d+:\d+\)$/, '');
    throw error;
  }
  return 'it is none of these';
}

const linesOf = (text: string): number => text.split('\n').length;

/**
 * The code of a piece without its comments, on exactly so many lines: the lines behind it keep their numbers. Null when it would mean
 * something else on fewer lines, as semicolons are missing.
 */
export function onLines(code: string, { kind, nodes, tokens }: Snippet, lines: number): string | null {
  const isLong = linesOf(code) > lines;
  let text = '';
  let end: number | null = null;
  // The comma that may end a list of properties is there already.
  for (const token of kind === 'properties' && tokens.at(-1)?.type.label === ',' ? tokens.slice(0, -1) : tokens) {
    const gap = end === null ? '' : code.slice(end, token.start);
    text += gap.includes('\n') && !isLong ? '\n'.repeat(linesOf(gap) - 1) : gap === '' ? '' : ' ';
    text += code.slice(token.start, token.end);
    end = token.end;
  }
  if (isLong) {
    const again = snippet(kind, text);
    if (again === null || !sameNodes(again.nodes, nodes)) return null;
  }
  return text + '\n'.repeat(Math.max(0, lines - linesOf(text)));
}
