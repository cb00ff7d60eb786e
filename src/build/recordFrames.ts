/*
 * Lets the generators of a module say, at each yield, where they stop and which of their variables they will still use
 * (steps/frames.ts).
 *
 *     stepped                                    recorded
 *     function* lock(m, word) {                  function* lock(m, word) {const $d=$in();
 *       yield Point.lock;                          $by(Point.lock,$d,$m+1,m,word)||(yield Point.lock);
 *       const owner = yield* read(m);              const owner = yield* $to(read(m),$d,$m+2,word);
 *       for (const one of word.list)               for (const one of $1=$each(word.list,$m))
 *
 * Text is only put in, on the lines that are there, and in a form in which it can be taken out again (plainModule.ts): the other trees
 * are made of the plain text, and edits of the model are looked for in it.
 */
import { createHash } from 'node:crypto';
import type { AnyNode } from 'acorn';
import MagicString from 'magic-string';
import { type FunctionNode, isFunction } from './changes.ts';
import { type ForOfNode, type Stop, stopsOf, type YieldNode } from './liveness.ts';
import { isKept, type Module, parseModule, refuse, tokenAt } from './module.ts';
import { Scopes } from './scopes.ts';

export interface RecordOptions {
  /** Name of the module, for error messages. */
  readonly file: string;
  /** What the numbers of its yields are made of: no other module has it. */
  readonly id: string;
  /** Module specifier of steps/frames.ts, as seen from the module. */
  readonly framesModule: string;
}

/** Yields and functions that a module has at most. */
const MOST_NUMBERS = 1 << 12;

/** All that is put in has names that begin like this. */
const NAMES = /^\$(?:at|by|to|in|own|all|each|un|d|m|\d+)?$/;

/** A number that no other module is likely to have: 40 bits of a hash. */
const numberOf = (id: string): number => Number.parseInt(createHash('sha256').update(id).digest('hex').slice(0, 10), 16);

/**
 * One JavaScript module, recorded. It comes back unchanged if it has no generators, or says that they are none of operations.
 *
 * @throws SyntaxError, with file and position, if the module does not parse or uses a name that is put in.
 */
export function recordFrames(source: string, options: RecordOptions): string {
  if (!source.includes('yield')) return source;
  const module = parseModule(source, options.file);
  const generators = module.nodes.filter(
    (node): node is FunctionNode => 'generator' in node && node.generator === true && !node.async,
  );
  if (isKept(module) || generators.length === 0) return source;
  const taken = module.tokens.find(({ type, start, end }) => type.label === 'name' && NAMES.test(source.slice(start, end)));
  if (taken !== undefined) refuse(module, taken.start, 'names that begin with $ are those of the build');
  return new Recording(module, generators, options).text;
}

class Recording {
  readonly text: string;
  readonly #module: Module;
  readonly #insert: MagicString;
  readonly #scopes: Scopes;
  #numbers = 0;
  /** Says what the functions are that are there from the beginning. */
  readonly #declared: string[] = [];

  constructor(module: Module, generators: readonly FunctionNode[], { id, framesModule }: RecordOptions) {
    this.#module = module;
    this.#insert = new MagicString(module.source);
    const program = module.nodes.at(-1) as Extract<AnyNode, { type: 'Program' }>;
    this.#scopes = new Scopes(program);
    for (const generator of generators) this.#record(generator);
    this.#mark(program);
    if (this.#numbers > MOST_NUMBERS) refuse(module, 0, `a module has at most ${MOST_NUMBERS} yields and functions`);
    const names =
      'at as $at,by as $by,to as $to,enter as $in,recorded as $own,holdsRecorded as $all,each as $each,UNKNOWN as $un';

    this.#insert.prependLeft(
      module.tokens[0]?.start ?? 0,
      `import{${names}}from${JSON.stringify(framesModule)};const $m=${numberOf(id) * MOST_NUMBERS};${this.#declared.join('')}/*$*/`,
    );
    this.text = this.#insert.toString();
  }

  #record(generator: FunctionNode): void {
    const stops = stopsOf(generator, this.#scopes);
    const loops = new Map<ForOfNode, string>();
    for (const { loops: under } of stops.values())
      for (const loop of under) if (!loops.has(loop)) loops.set(loop, `$${loops.size + 1}`);
    for (const [loop, name] of loops) {
      this.#open(loop.right.start, `${name}=$each(`);
      this.#insert.prependRight(loop.right.end, ',$m)');
    }
    const variables = [...loops.values()].map((name) => `,${name}`).join('');
    this.#insert.appendRight((generator.body as AnyNode).start + 1, `let $d=$in()${variables};`);
    for (const node of this.#module.nodes)
      if (node.type === 'YieldExpression' && this.#scopes.functionAround(node) === generator)
        this.#recordYield(node, stops.get(node), loops);
  }

  #recordYield(node: YieldNode, stop: Stop | undefined, loops: ReadonlyMap<ForOfNode, string>): void {
    const { argument, delegate, start, end } = node;
    const live: string[] = stop?.exact === true ? [...stop.names] : ['$un'];
    if (stop?.exact === true) {
      if (stop.usesThis) live.push('this');
      live.push(...stop.loops.map((loop) => loops.get(loop) as string));
    }
    const tail = [`,$d,$m+${++this.#numbers}`, ...live].join(',');
    if (argument == null) {
      this.#insert.appendLeft(end, ` $at(void 0${tail})`);
      return;
    }
    // Where nobody looks at what comes back, a point that can be named twice is one that may be passed.
    if (!delegate && isName(argument) && this.#scopes.parentOf(node)?.type === 'ExpressionStatement') {
      this.#insert.appendRight(start, `$by(${this.#module.source.slice(argument.start, argument.end)}${tail})||(`);
      this.#insert.appendLeft(end, ')');
      return;
    }
    // What stands in parentheses stays in them.
    const { tokens } = this.#module;
    const first = tokens[tokenAt(tokens, start) + (delegate ? 2 : 1)];
    this.#open(first?.start ?? argument.start, delegate ? '$to(' : '$at(');
    this.#insert.appendLeft(end, `${tail})`);
  }

  /** Puts a call in front of a piece of code. It must not grow together with a word before it. */
  #open(position: number, call: string): void {
    this.#insert.appendRight(position, /[\w$]/.test(this.#module.source[position - 1] ?? '') ? `/**/${call}` : call);
  }

  /** Says of the functions of the module what they are. */
  #mark(program: Extract<AnyNode, { type: 'Program' }>): void {
    const top = new Set<AnyNode>(
      program.body.map((one) => (one.type === 'ExportNamedDeclaration' ? (one.declaration ?? one) : one) as AnyNode),
    );
    const holders = new Set<AnyNode>();
    for (const node of this.#module.nodes) {
      if (!isFunction(node)) continue;
      const parent = this.#scopes.parentOf(node) as AnyNode;
      if (node.type === 'FunctionDeclaration') {
        if (node.id == null || !(node.generator || this.#scopes.isUsedAsValue(node.id))) continue;
        if (top.has(node)) this.#declared.push(`$own(${node.id.name}${this.#tailOf(node)});`);
        else this.#insert.appendLeft(node.end, `$own(${node.id.name}${this.#tailOf(node)});`);
      } else if (parent.type === 'VariableDeclarator') this.#markVariable(node, parent);
      else if (parent.type === 'Property' || parent.type === 'MethodDefinition') {
        if (node.generator) holders.add(this.#scopes.parentOf(parent) as AnyNode);
      } else if (node.generator || isHandedOn(node, parent)) {
        this.#open(node.start, '$own(');
        this.#insert.appendLeft(node.end, `${this.#tailOf(node)})`);
      }
    }
    for (const holder of holders) {
      if (holder.type === 'ClassBody')
        this.#insert.appendRight(holder.start + 1, 'static{$all(this,$m);$all(this.prototype,$m)}');
      else {
        this.#open(holder.start, '$all(');
        this.#insert.appendLeft(holder.end, ',$m)');
      }
    }
  }

  /** The number of a function's code, and what it uses of the functions around it. */
  #tailOf(node: FunctionNode): string {
    const captured = this.#scopes.capturedBy(node);
    return `,$m+${++this.#numbers}${captured.length === 0 ? '' : `,()=>[${captured.join()}]`}`;
  }

  /** The function goes on to have the name of its variable. */
  #markVariable(node: FunctionNode, declarator: Extract<AnyNode, { type: 'VariableDeclarator' }>): void {
    const declaration = this.#scopes.parentOf(declarator);
    if (declarator.id.type !== 'Identifier' || declaration?.type !== 'VariableDeclaration') return;
    if (!node.generator && !this.#scopes.isUsedAsValue(declarator.id)) return;
    const around = this.#scopes.parentOf(declaration);
    if (around?.type !== 'Program' && around?.type !== 'BlockStatement' && around?.type !== 'ExportNamedDeclaration') return;
    const end = this.#module.source[declaration.end - 1] === ';' ? '' : ';';
    this.#insert.appendLeft(declaration.end, `${end}$own(${declarator.id.name}${this.#tailOf(node)});`);
  }
}

/** `Point.lock`, or a variable. */
const isName = (node: AnyNode): boolean =>
  node.type === 'Identifier' || (node.type === 'MemberExpression' && !node.computed && node.object.type === 'Identifier');

/** Methods of lists whose callbacks are not kept. */
const CALLED_AT_ONCE = new Set(
  'map filter some every find findLast findIndex forEach flatMap reduce reduceRight sort from'.split(' '),
);

/** Is a function given to somebody who may keep it? */
function isHandedOn(node: FunctionNode, parent: AnyNode): boolean {
  if (parent.type === 'ReturnStatement') return true;
  if (parent.type === 'ArrowFunctionExpression') return parent.body === node;
  if (parent.type !== 'CallExpression' || parent.callee === (node as AnyNode)) return false;
  const { callee } = parent;
  return !(
    callee.type === 'MemberExpression' &&
    callee.property.type === 'Identifier' &&
    CALLED_AT_ONCE.has(callee.property.name)
  );
}
