/** A JavaScript module as the transforms of this folder see it: nodes, tokens, comments. */
import { type AnyNode, type Comment, type Options, type Program, parse, type Token } from 'acorn';
import { full } from 'acorn-walk';

const keepGenerators = '@hmm-lab keep-generators';

const syntax: Options = { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true, ranges: true };

export interface Module {
  file: string;
  source: string;
  nodes: AnyNode[];
  tokens: Token[];
  comments: Comment[];
}

/** @throws SyntaxError with the name of the file. */
export function parseModule(source: string, file: string): Module {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  let program: Program;
  try {
    program = parse(source, { ...syntax, onToken: tokens, onComment: comments });
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyntaxError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  const nodes: AnyNode[] = [];
  full(program, (node) => {
    nodes.push(node as AnyNode);
  });
  return { file, source, nodes, tokens, comments };
}

/** Whether the opt-out comment stands before the first token. */
export function isKept({ comments, tokens }: Module): boolean {
  const first = tokens[0]?.start ?? 0;
  return comments.some((comment) => comment.start < first && comment.value.trim() === keepGenerators);
}

/** The index of the first token that starts at `position` or later. */
export function tokenAt(tokens: Token[], position: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tokens[middle] as Token).start < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `name`, or with a number after it, such that the module says it nowhere, not even as a property. */
export function freshName(name: string, { source, tokens }: Module): string {
  const taken = new Set(tokens.map((token) => source.slice(token.start, token.end)));
  let fresh = name;
  for (let n = 1; taken.has(fresh); n++) fresh = `${name}$${n}`;
  return fresh;
}

/** @throws SyntaxError with file, line and column. */
export function refuse({ file, source }: Module, position: number, why: string): never {
  const lines = source.slice(0, position).split('\n');
  throw new SyntaxError(`${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: ${why}`);
}
