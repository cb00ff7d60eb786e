import type { AnyNode } from 'acorn';
import MagicString from 'magic-string';
import { type ImportRules, rewriteImports } from './imports.ts';
import { type ConstantsOf, inlineConstants } from './inline.ts';
import { freshName, isKept, type Module, parseModule, refuse, tokenAt } from './module.ts';

/*
 * Erasure turns an operation written as a generator into the plain function it stands for.
 *
 *     stepped                                    erased
 *     function* lock(m) {                        function  lock(m) {
 *       yield Point.Lock;                          pause !== null && pause(Point.Lock);
 *       const owner = yield* read(m);              const owner = (read(m));
 *     }                                          }
 *
 * It is purely syntactic: nothing is known about types, so EVERY generator of a module is taken for an operation. What that
 * asks of the sources:
 *
 * - A generator meant as an iterator (`for ... of`, spread, `[Symbol.iterator]`) breaks without a message. Keep it in a module
 *   of its own that starts with the comment `// @hmm-lab keep-generators`, followed by a blank line so that the compiler keeps
 *   the comment; such a module is copied as it is.
 * - Erased, an operation runs where it is called, not where its generator is first advanced. Call and `yield*` belong in one
 *   expression; a generator put into a variable first would run too early.
 * - The operand of `yield` is evaluated only while a pause hook is set, so it must have no effect; its value is not to be used.
 */

export interface EraseOptions extends ImportRules {
  /** Name of the module, for error messages. */
  file: string;
  /** Module specifier, as seen from the erased module, that exports the `pause` hook. */
  pauseModule: string;
  /** False leaves no trace of the points: the tree the cost of switched-off points is measured against. */
  points?: boolean;
  /** Where the values of constants come from; without it they stay names. */
  constantsOf?: ConstantsOf;
}

/**
 * Erases one JavaScript module. Each line keeps its number; a module without generators comes back unchanged.
 *
 * @throws SyntaxError, with file and position, if the module does not parse or has an async generator.
 */
export function eraseModule(source: string, options: EraseOptions): string {
  const module = parseModule(source, options.file);
  const text = new MagicString(source);
  rewriteImports(module, text, options);
  if (!isKept(module)) {
    if (options.constantsOf) inlineConstants(module.nodes, text, options.constantsOf);
    eraseGenerators(module, text, options);
  }
  return text.toString();
}

function eraseGenerators(module: Module, text: MagicString, options: EraseOptions): void {
  const { nodes, tokens } = module;
  const statements = new Set(nodes.filter((node) => node.type === 'ExpressionStatement').map((node) => node.start));
  const pause = freshName('pause', module);
  let pauses = false;

  for (const node of nodes) {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        // The function of a method starts at its parameters; the method itself has the star.
        if (node.generator && tokens[tokenAt(tokens, node.start)]?.type.label !== '(') eraseStar(node, node.async);
        break;
      case 'MethodDefinition':
      case 'Property':
        if (node.value.type === 'FunctionExpression' && node.value.generator && !isPlainProperty(node)) {
          eraseStar(node, node.value.async);
        }
        break;
      case 'YieldExpression':
        if (node.delegate) {
          eraseDelegate(node);
        } else if (node.argument && options.points !== false) {
          pauses = true;
          erasePoint(node);
        } else {
          text.update(node.start, node.end, enclosed(node) || leads(node) ? 'void 0' : '(void 0)');
        }
    }
  }
  if (pauses) {
    // On the line of the first token: the lines below keep their numbers.
    const first = tokens[0]?.start ?? 0;
    text.prependLeft(first, `import { ${importClause(pause)} } from ${JSON.stringify(options.pauseModule)}; `);
  }

  /** `function*` and `*name()` lose the star. A space takes its place, as in `function*name` it separates two words. */
  function eraseStar(node: AnyNode, isAsync: boolean): void {
    if (isAsync) refuse(module, node.start, 'an async generator cannot be erased: an operation must be synchronous');
    let index = tokenAt(tokens, node.start);
    while (index < tokens.length && tokens[index]?.type.label !== '*') index++;
    const star = tokens[index];
    if (!star) refuse(module, node.start, 'a generator without a star');
    const isSpaced = module.source[star.end] === ' ';
    text.update(star.start, isSpaced ? star.end + 1 : star.end, ' ');
  }

  /** `yield* x` becomes `(x)`, without the parentheses where nothing around can bind to `x`. */
  function eraseDelegate(node: AnyNode): void {
    const first = tokenAt(tokens, node.start);
    const star = tokens[first + 1];
    const operand = tokens[first + 2];
    if (!star || !operand) refuse(module, node.start, 'a yield* without an operand');
    // Only blanks are dropped with the star: a comment stays, and a line break cannot matter inside parentheses.
    const blanks = /^[ \t]*/.exec(module.source.slice(star.end))?.[0].length ?? 0;
    const bare = enclosed(node) || (leads(node) && ['name', 'this', 'super'].includes(operand.type.label));
    if (bare) {
      text.remove(node.start, star.end + blanks);
      return;
    }
    // A statement that began with `(` would, in code without semicolons, become a call of the line before.
    text.update(node.start, star.end + blanks, leads(node) ? 'void (' : '(');
    text.appendLeft(node.end, ')');
  }

  /** `yield P` becomes a call of the hook, if there is one. */
  function erasePoint(node: AnyNode): void {
    const bare = enclosed(node) || leads(node);
    const word = tokens[tokenAt(tokens, node.start)];
    const operand = tokens[tokenAt(tokens, node.start) + 1];
    if (!word || !operand) refuse(module, node.start, 'a yield without an operand');
    const isSpaced = /^[ \t]+$/.test(module.source.slice(word.end, operand.start));
    text.update(word.start, isSpaced ? operand.start : word.end, `${bare ? '' : '('}${pause} !== null && ${pause}(`);
    text.appendLeft(node.end, bare ? ')' : '))');
  }

  /** Whether parentheses already stand around exactly this expression. */
  function enclosed(node: AnyNode): boolean {
    const before = tokens[tokenAt(tokens, node.start) - 1];
    const after = tokens[tokenAt(tokens, node.end)];
    return before?.type.label === '(' && after?.type.label === ')';
  }

  /** Whether a statement begins with this expression. At assignment precedence, only a comma can then follow in it. */
  function leads(node: AnyNode): boolean {
    return statements.has(node.start);
  }
}

/** `{ key: function* () {} }` has the star in its value, `{ *key() {} }` in the property. */
function isPlainProperty(node: AnyNode): boolean {
  return node.type === 'Property' && !node.method;
}

function importClause(local: string): string {
  return local === 'pause' ? 'pause' : `pause as ${local}`;
}
