/**
 * Makes mutants of a module by rules: each a small change of meaning, of which a model should not survive any. They are made of the built
 * code, so that an edit of the corpus could do the same.
 */
import type { AnyNode, CallExpression, Statement } from 'acorn';
import type { Edit } from '../../src/bugs/bug.ts';
import type { ModuleCode } from '../../src/mutation/moduleCode.ts';

export const mutantKinds = {
  'lock dropped': 'a lock is neither taken nor released: both calls go, in all of the function',
  'check dropped': 'an `if` that leaves the round or the function is never true',
  'condition dropped': 'of an `if`, the last of several conditions goes',
  'flush dropped': 'a flush of a TLB goes',
  'notification dropped': 'a call of notifiers, or of a sequence, goes',
  'wake-up dropped': 'nobody is woken',
  'reference dropped': 'a reference is not taken',
  'put dropped': 'a reference is not put',
  'steps swapped': 'two calls in a row, one of them of several steps, change places',
  'wrong boundary': '`<` becomes `<=` and the other way round; one more or less is left out',
  'wrong owner': 'whose something is makes no difference',
} as const;

export type MutantKind = keyof typeof mutantKinds;

export interface Mutant {
  readonly kind: MutantKind;
  readonly module: string;
  /** The function, or what else the module declares. */
  readonly name: string;
  readonly line: number;
  /** The code that was changed. */
  readonly what: string;
  /** Places in the module, of which something has to run: that of the change, and of what a check keeps from running. */
  readonly places: readonly number[];
  readonly edit: Edit;
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

type Tree = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';

/** The nodes and lists of nodes below a node. */
const below = (node: AnyNode): unknown[] =>
  Object.entries(node as unknown as Tree).flatMap(([key, child]) =>
    key !== 'type' && typeof child === 'object' && child !== null ? [child] : [],
  );

/** The call that a statement is, with or without `yield*`. */
function callOf(node: unknown): { readonly call: CallExpression; readonly name: string; readonly steps: boolean } | null {
  if (!isNode(node) || node.type !== 'ExpressionStatement') return null;
  const { expression } = node;
  const steps = expression.type === 'YieldExpression' && expression.delegate;
  const call = steps ? expression.argument : expression;
  if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier') return null;
  return { call, name: call.callee.name, steps };
}

/** Calls that simply go, by their names. The lab's own checks are no part of the model. */
const dropped: readonly (readonly [MutantKind, RegExp])[] = [
  ['flush dropped', /flush/i],
  ['wake-up dropped', /wake/i],
  ['reference dropped', /^(getPage|mmget|mmgrab|tryGetPage|get[A-Z]\w*Ref)/],
  ['put dropped', /^(putPage|mmput|mmdrop|put[A-Z])/],
  ['notification dropped', /Notifier|SetSeq|Invalidate/],
];

const LOCK = /lock$|Lock$|^lock[A-Z]|Lock[A-Z]/;
const UNLOCK = /unlock/i;
/** Locks of the lab's own threads, and what only asks. */
const NO_LOCK = /^raw|assert|lockMap|lockOrder/i;
const CHECKS = /demand|assert|check/i;
const BOUNDS = /end|last|start|length|stop|vpn|pages|count/i;
const OWNERS = /owner|pgmap|mirror|mapping|anonVma|anonGroup|^(mm|vma|device)$/i;

const other: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** The name of the call that releases what this one takes. */
const releaseOf = (name: string): string => name.replace(/Trylock|Lock/, 'Unlock').replace(/^lock/, 'unlock');
const sort = (name: string): string => name.replace(/Exclusive|Shared/, '');

/** What is made of one statement of a module. */
class Rules {
  readonly mutants: Mutant[] = [];
  readonly #module: string;
  readonly #source: string;
  readonly #item: AnyNode;
  readonly #name: string;
  readonly #locks: { readonly node: AnyNode; readonly name: string; readonly words: string }[] = [];
  readonly #unlocks: { readonly node: AnyNode; readonly name: string; readonly words: string }[] = [];

  constructor(module: string, source: string, item: AnyNode, name: string) {
    this.#module = module;
    this.#source = source;
    this.#item = item;
    this.#name = name;
    this.#visit(item, null);
    this.#dropLocks();
  }

  #text({ start, end }: AnyNode): string {
    return this.#source.slice(start, end);
  }

  #short(node: AnyNode): string {
    return this.#text(node).replace(/\s+/g, ' ').slice(0, 100);
  }

  /** Lines keep their numbers. */
  #add(kind: MutantKind, what: string, changes: readonly Change[], guarded?: AnyNode): void {
    const { start: first, end: last } = this.#item;
    let text = this.#source.slice(first, last);
    const lines = (code: string): number => code.split('\n').length;
    for (const { start, end, by } of [...changes].sort((a, b) => b.start - a.start)) {
      const pad = '\n'.repeat(Math.max(0, lines(this.#source.slice(start, end)) - lines(by)));
      text = text.slice(0, start - first) + by + pad + text.slice(end - first);
    }
    const line = lines(this.#source.slice(0, changes[0]?.start));
    const edit = { module: this.#module, find: this.#source.slice(first, last), replace: text };
    const places = [changes[0]?.start ?? first, ...(guarded === undefined ? [] : [guarded.start])];
    this.mutants.push({ kind, module: this.#module, name: this.#name, line, what, places, edit });
  }

  /** `guardedBy`: what is run only where the node, a condition or a part of one, is true. */
  #visit(node: AnyNode, parent: AnyNode | null, guardedBy?: AnyNode): void {
    if (complains(node)) return;
    this.#call(node);
    if (node.type === 'IfStatement' && !node.alternate) this.#check(node.test, node.consequent, node);
    // What older kernels do is not asked of the newest one, which is what is explored.
    if (
      node.type === 'LogicalExpression' &&
      node.operator === '&&' &&
      parent?.type === 'IfStatement' &&
      !this.#text(node.right).includes('isOlder(')
    )
      this.#add('condition dropped', `${this.#short(node.right)} of ${this.#short(node)}`, [change(node, this.#text(node.left))]);
    if (node.type === 'BinaryExpression' && isNode(node.left)) this.#compare(node as Binary, guardedBy);
    for (const child of below(node)) {
      if (isNode(child)) this.#visit(child, node, guardOf(node, child, guardedBy));
      else if (Array.isArray(child)) {
        this.#swap(child);
        for (const one of child) if (isNode(one)) this.#visit(one, node);
      }
    }
  }

  #call(node: AnyNode): void {
    const found = callOf(node);
    if (found === null || NO_LOCK.test(found.name)) return;
    const { call, name } = found;
    const words = call.arguments
      .slice(0, 2)
      .map((word) => this.#text(word))
      .join();
    if (UNLOCK.test(name)) this.#unlocks.push({ node, name, words });
    else if (LOCK.test(name)) this.#locks.push({ node, name, words });
    else {
      const kind = dropped.find(([, names]) => names.test(name))?.[0];
      if (kind !== undefined) this.#add(kind, this.#short(call), [change(node, '{}')]);
    }
  }

  #check(test: AnyNode, consequent: Statement, node: AnyNode): void {
    const { type } =
      consequent.type === 'BlockStatement' && consequent.body.length === 1 ? (consequent.body[0] as Statement) : consequent;
    // An attempt that fails has to be an attempt.
    if (!/^(Return|Continue|Break)Statement$/.test(type) || /lock\w*\(|yield/i.test(this.#text(test))) return;
    this.#add('check dropped', this.#short(node), [change(test, 'false')], consequent);
  }

  #compare(node: Binary, guardedBy: AnyNode | undefined): void {
    const { operator, left, right } = node;
    const text = this.#text(node);
    const less = other[operator];
    if (less !== undefined && BOUNDS.test(text))
      // One that is true less often keeps from running what it guards: that has to run.
      this.#add(
        'wrong boundary',
        this.#short(node),
        [{ start: left.end, end: right.start, by: ` ${less} ` }],
        less.length === 1 ? guardedBy : undefined,
      );
    else if ((operator === '+' || operator === '-') && this.#text(right) === '1' && !/load|get\(/.test(text))
      this.#add('wrong boundary', this.#short(node), [change(node, `(${this.#text(left)})`)]);
    else if (
      (operator === '===' || operator === '!==') &&
      !isKind(right) &&
      !isResult(left) &&
      [left, right].some((side) => OWNERS.test(valueName(side)))
    )
      this.#add(
        'wrong owner',
        this.#short(node),
        [change(node, operator === '===' ? 'true' : 'false')],
        operator === '===' ? undefined : guardedBy,
      );
  }

  #swap(list: readonly unknown[]): void {
    for (let i = 0; i + 1 < list.length; i++) {
      const [first, second] = [callOf(list[i]), callOf(list[i + 1])];
      if (first === null || second === null || !(first.steps || second.steps)) continue;
      const [a, b] = [list[i] as AnyNode, list[i + 1] as AnyNode];
      const names = `${first.name} ${second.name}`;
      if (CHECKS.test(names) || /\braw/.test(names) || this.#text(a) === this.#text(b)) continue;
      // Who holds two locks lets go of them in any order.
      if (UNLOCK.test(first.name) && UNLOCK.test(second.name)) continue;
      const what = `${this.#short(first.call)} and ${this.#short(second.call)}`;
      this.#add('steps swapped', what, [change(a, this.#text(b)), change(b, this.#text(a))]);
    }
  }

  /** A lock goes with all that releases it in the function: alone, an unlock of what is free would be seen at once. */
  #dropLocks(): void {
    const seen = new Set<string>();
    for (const { name, words } of this.#locks) {
      const release = releaseOf(name);
      const key = `${release} ${words}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const releases = this.#unlocks.filter((one) => sort(one.name) === sort(release) && one.words === words);
      const takes = this.#locks.filter((one) => one.name === name && one.words === words);
      if (releases.length === 0) continue;
      const changes = [...takes, ...releases].map(({ node }) => change(node, '{}'));
      this.#add('lock dropped', `${name}(${words})`, changes);
    }
  }
}

/** What runs only where `child` of `node` is true. */
function guardOf(node: AnyNode, child: AnyNode, guardedBy: AnyNode | undefined): AnyNode | undefined {
  if (node.type === 'IfStatement') return child === node.test && !node.alternate ? node.consequent : undefined;
  return node.type === 'LogicalExpression' ? guardedBy : undefined;
}

const CHANGES = new Set(['store', 'set', 'add', 'increase', 'cas', 'xchg', 'or', 'and', 'tally', 'fill', 'notify']);

/** Is this within a node, functions within it included? */
function has(node: AnyNode, is: (one: AnyNode) => boolean): boolean {
  if (is(node)) return true;
  return below(node).some((child) =>
    Array.isArray(child) ? child.some((one) => isNode(one) && has(one, is)) : isNode(child) && has(child, is),
  );
}

const throwsViolation = (node: AnyNode): boolean =>
  node.type === 'ThrowStatement' &&
  node.argument.type === 'NewExpression' &&
  node.argument.callee.type === 'Identifier' &&
  node.argument.callee.name === 'Violation';

/**
 * An `if` that leads to a complaint and to nothing else, or a function that does nothing but complain: a check of the lab, and no part of
 * the model. Without it, fewer mistakes are seen, and none is made.
 */
function complains(node: AnyNode): boolean {
  if (node.type === 'IfStatement') {
    const { consequent, alternate } = node;
    return (
      !alternate &&
      throwsViolation(
        consequent.type === 'BlockStatement' && consequent.body.length === 1 ? (consequent.body[0] as Statement) : consequent,
      )
    );
  }
  if (node.type !== 'FunctionDeclaration' || !has(node.body, throwsViolation)) return false;
  return !has(
    node.body,
    (one) =>
      one.type === 'YieldExpression' ||
      (one.type === 'ReturnStatement' && one.argument != null) ||
      (one.type === 'CallExpression' && one.callee.type === 'Identifier' && CHANGES.has(one.callee.name)),
  );
}

type Binary = Extract<AnyNode, { readonly type: 'BinaryExpression' }> & { readonly left: AnyNode };

/** What a value is called: the field that is read, the function that is asked, the variable. */
function valueName(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression') return node.property.type === 'Identifier' ? node.property.name : '';
  if (node.type === 'BinaryExpression') return valueName(node.right);
  if (node.type !== 'CallExpression') return '';
  const read = /^(get|load)$/.test(valueName(node.callee)) ? node.arguments[1] : node.callee;
  return read === undefined ? '' : valueName(read);
}

/** A constant says what kind of thing something is, and not whose. */
const isKind = (node: AnyNode): boolean =>
  node.type === 'Literal' || (node.type === 'Identifier' && /^[A-Z][A-Z0-9_]+$/.test(node.name));

/** What a compare-and-swap answers says whether it was done. */
const isResult = (node: AnyNode): boolean =>
  node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'cas';

const change = ({ start, end }: AnyNode, by: string): Change => ({ start, end, by });

/** Name of what a statement of a module declares; null for imports and the like. */
function nameOf(item: AnyNode): string | null {
  const declaration = item.type === 'ExportNamedDeclaration' ? item.declaration : item;
  if (!isNode(declaration)) return null;
  if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') return declaration.id?.name ?? null;
  if (declaration.type !== 'VariableDeclaration') return null;
  const id = declaration.declarations[0]?.id;
  return id?.type === 'Identifier' ? id.name : null;
}

/** All mutants of a module. */
export function mutantsOf(module: string, { source, program }: ModuleCode): Mutant[] {
  return program.body.flatMap((item) => {
    const name = nameOf(item);
    if (name === null) return [];
    return new Rules(module, source, item, name).mutants;
  });
}
