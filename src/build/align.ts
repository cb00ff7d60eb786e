/**
 * Gives a compiled module the line numbers of its source, and takes its comments and blanks away: nobody reads it, and all install it.
 *
 *     source                                     compiled                     aligned
 *     1 interface Pair {                         1 export function sum(p) {   1
 *     2   a: number; b: number;                  2     if (p.a === 0)         2
 *     3 }                                        3         return p.b;        3
 *     4 /** Of both. *\/                         4     return p.a + p.b;      4
 *     5 export function sum(p: Pair): number {   5 }                          5 export function sum(p) {
 *     6   if (p.a === 0) return p.b;                                          6 if (p.a === 0) return p.b;
 *     7   return p.a + p.b;                                                   7 return p.a + p.b;
 *     8 }                                                                     8 }
 *
 * So a stack trace names the line of the source without a source map, which would have to be shipped, and read. The transforms
 * that follow change no line numbers.
 */
import { SourceMap, type SourceMapPayload } from 'node:module';
import type { Token } from 'acorn';
import { isKept, type Module, parseModule } from './module.ts';

/** Aligns one JavaScript module. @throws SyntaxError with its file if it does not parse. */
export function alignModule(source: string, map: SourceMapPayload, file: string): string {
  const module = parseModule(source, file);
  const lineOf = sourceLines(module, new SourceMap(map));
  // The two comments that mean something: who runs the file, and what the transforms leave alone.
  let aligned = `${/^#!.*\n/.exec(source)?.[0] ?? ''}${isKept(module) ? '/* @hmm-lab keep-generators */ ' : ''}`;
  let line = aligned.split('\n').length;
  let before: Token | undefined;
  for (const token of module.tokens) {
    const gap = withoutComments(module, before?.end ?? 0, token.start);
    const missing = Math.max(0, lineOf(token.start) - line);
    if (missing > 0 && (gap.includes('\n') || mayBreak(before, token))) {
      aligned += '\n'.repeat(missing);
      line += missing;
    } else if (gap !== '' && !separates(aligned.at(-1), source[token.start])) {
      // A statement of the compiler's ends with a semicolon or a brace: two of its lines may become one.
      aligned += ' ';
    }
    const text = source.slice(token.start, token.end);
    aligned += text;
    line += text.split('\n').length - 1;
    before = token;
  }
  return `${aligned.trimEnd()}\n`;
}

/** Marks that are tokens of their own whatever stands beside them. */
const SEPARATORS = new Set(',;:(){}[]=');

/** Whether one of two characters, the last of a token and the first of the next, needs no blank between them. */
const separates = (last: string | undefined, first: string | undefined): boolean =>
  last === undefined || SEPARATORS.has(last) || SEPARATORS.has(first as string);

/** What a line break after it, or before it, would part from what it belongs to; as a part of a template it would be text. */
const TIED_AFTER = new Set(['name', 'return', 'throw', 'break', 'continue', 'template']);
const TIED_BEFORE = new Set(['++/--', '=>', 'template']);

/** Whether a line break between two tokens says nothing. A name may be `yield` or `async`, and then it does. */
const mayBreak = (before: Token | undefined, token: Token): boolean =>
  before === undefined || (!TIED_AFTER.has(before.type.label) && !TIED_BEFORE.has(token.type.label));

/** The line of the source, from 1, that a position in the compiled module comes from; 0 where nothing is known of it. */
function sourceLines({ source }: Module, map: SourceMap): (position: number) => number {
  let [line, start] = [0, 0];
  return (position) => {
    for (let next = source.indexOf('\n', start); next !== -1 && next < position; next = source.indexOf('\n', start)) {
      line++;
      start = next + 1;
    }
    const entry = map.findEntry(line, position - start);
    return 'originalLine' in entry ? entry.originalLine + 1 : 0;
  };
}

/** What stands between two tokens. A comment that separates two words must leave a blank. */
function withoutComments({ source, comments }: Module, start: number, end: number): string {
  let gap = source.slice(start, end);
  if (gap.trim() === '') return gap;
  for (const comment of comments)
    if (comment.start >= start && comment.end <= end) gap = gap.replace(source.slice(comment.start, comment.end), ' ');
  return gap;
}
