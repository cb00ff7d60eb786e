/**
 * Which variables of a generator are live at each of its yields: those whose value may still be used when it goes on.
 *
 * The usual analysis, backwards over the syntax tree: what is live before a piece of code follows from what is live behind it. A loop
 * is gone over until nothing changes. Whatever can end a `try` block leads to its `catch` or `finally`.
 *
 * What an expression has computed already when a yield inside of it stops the call is state, too, and no variable holds it:
 * `f(x.y, yield* g())`. Where such a value is that of a variable, the variable counts as live; otherwise the yield is not exact.
 */
import type { AnyNode } from 'acorn';
import type { Variable } from 'eslint-scope';
import { type FunctionNode, isFunction } from './changes.ts';
import type { Scopes } from './scopes.ts';

export type YieldNode = Extract<AnyNode, { type: 'YieldExpression' }>;
export type ForOfNode = Extract<AnyNode, { type: 'ForOfStatement' }>;

/** What is kept of a call that has stopped at a yield. */
export interface Stop {
  readonly names: readonly string[];
  readonly usesThis: boolean;
  /** Loops over a list that are under way, from outside to inside. */
  readonly loops: readonly ForOfNode[];
  /** Is that all that what happens next depends on, beside the shared words? */
  readonly exact: boolean;
}

/** A set of variables, a bit each. */
type Live = bigint;

const NONE = 0n;
/** `this`. Variables have the bits above. */
const THIS = 1n;

type TargetKind = 'loop' | 'switch' | 'block';

interface Target {
  readonly label: string | null;
  readonly isLoop: boolean;
  /** Live where `break` and `continue` lead to. */
  onBreak: Live;
  onContinue: Live;
}

interface Found {
  live: Live;
  isExact: boolean;
  readonly loops: readonly ForOfNode[];
}

/** A kind of code that is not analysed. */
class Unknown extends Error {}

type Of<Type extends AnyNode['type']> = Extract<AnyNode, { type: Type }>;

class Analysis {
  readonly #owner: FunctionNode;
  readonly #scopes: Scopes;
  readonly #variables: Variable[] = [];
  readonly #bits = new Map<Variable, Live>();
  readonly found = new Map<YieldNode, Found>();
  /** What is live where a round of a loop begins. */
  readonly #heads = new Map<AnyNode, Live>();
  readonly #hasYield = new Map<AnyNode, boolean>();
  /** Calls of forgetRound. */
  readonly forgetting: Of<'CallExpression'>[] = [];
  #targets: Target[] = [];
  /** Labels of the statement that follows. */
  #labels: string[] = [];
  #onReturn = NONE;
  #onThrow = NONE;
  /** Computed already, and used behind the yields inside the expression that is looked at. */
  #pending = NONE;
  #inexact = 0;
  #loops: readonly ForOfNode[] = [];

  constructor(owner: FunctionNode, scopes: Scopes) {
    this.#owner = owner;
    this.#scopes = scopes;
    this.#statement(owner.body as AnyNode, NONE);
  }

  namesOf(live: Live): Variable[] {
    return this.#variables.filter((variable) => (live & (this.#bits.get(variable) as Live)) !== NONE);
  }

  /** The bit of a variable that is made in a function; none for one of the module. */
  #bit(name: AnyNode): Live {
    const variable = this.#scopes.variableOf(name);
    if (variable === undefined || !this.#scopes.isOfFunction(variable)) return NONE;
    let bit = this.#bits.get(variable);
    if (bit === undefined) {
      bit = 1n << BigInt(this.#variables.push(variable));
      this.#bits.set(variable, bit);
    }
    return bit;
  }

  /** Does a yield of this very generator stand in it? */
  #yields(node: AnyNode | null | undefined): boolean {
    if (node == null || (isFunction(node) && node !== this.#owner)) return false;
    if (node.type === 'YieldExpression') return true;
    let has = this.#hasYield.get(node);
    if (has === undefined) {
      has = childrenOf(node).some((child) => this.#yields(child));
      this.#hasYield.set(node, has);
    }
    return has;
  }

  /** Everything that a function or a class inside of the generator names. */
  #captured(node: AnyNode): Live {
    if (node.type === 'Identifier') return this.#bit(node);
    if (node.type === 'ThisExpression' || node.type === 'Super') return THIS;
    return childrenOf(node).reduce((live, child) => live | this.#captured(child), NONE);
  }

  /** A variable is given a value. In a `try` block the old one may still be seen behind it. */
  #kill(out: Live, name: AnyNode): Live {
    const bit = this.#bit(name);
    return (out & ~bit) | (this.#onThrow & bit);
  }

  #stop(node: YieldNode, out: Live): Live {
    const live = out | this.#onThrow | this.#pending;
    const before = this.found.get(node);
    if (before === undefined) this.found.set(node, { live, isExact: this.#inexact === 0, loops: this.#loops });
    else {
      before.live |= live;
      before.isExact &&= this.#inexact === 0;
    }
    return this.#expression(node.argument, out | this.#onThrow);
  }

  // Statements.

  #statements(nodes: readonly AnyNode[], out: Live): Live {
    let live = nodes.reduceRight((behind, node) => this.#statement(node, behind), out);
    // Functions that are declared among them are there from the beginning.
    for (const node of nodes)
      if (node.type === 'FunctionDeclaration') live = this.#kill(live, node.id as AnyNode) | this.#captured(node);
    return live;
  }

  #statement(node: AnyNode, out: Live): Live {
    const labels = node.type === 'LabeledStatement' ? [] : this.#labels;
    if (node.type !== 'LabeledStatement') this.#labels = [];
    switch (node.type) {
      case 'BlockStatement':
        return labels.length === 0
          ? this.#statements(node.body, out)
          : this.#inTarget(labels, 'block', [out, NONE], () => this.#statements(node.body, out));
      case 'EmptyStatement':
      case 'DebuggerStatement':
      case 'FunctionDeclaration':
        return out;
      case 'ClassDeclaration':
        if (this.#yields(node)) throw new Unknown();
        return this.#kill(out, node.id as AnyNode) | this.#captured(node);
      case 'ExpressionStatement':
        return this.#expression(node.expression, out);
      case 'VariableDeclaration':
        return this.#declaration(node, out);
      case 'ReturnStatement':
        return this.#expression(node.argument, this.#onReturn);
      case 'ThrowStatement':
        return this.#expression(node.argument, this.#onThrow);
      case 'IfStatement': {
        const otherwise = node.alternate == null ? out : this.#statement(node.alternate, out);
        return this.#expression(node.test, this.#statement(node.consequent, out) | otherwise);
      }
      case 'LabeledStatement':
        this.#labels.push(node.label.name);
        return this.#statement(node.body, out);
      case 'BreakStatement':
        return this.#targetOf(node.label?.name, false).onBreak;
      case 'ContinueStatement':
        return this.#targetOf(node.label?.name, true).onContinue;
      case 'ForStatement':
        return this.#for(node, labels, out);
      case 'WhileStatement':
        return this.#fixpoint(node, (head) => {
          const body = this.#inTarget(labels, 'loop', [out, head], () => this.#statement(node.body, head));
          return this.#expression(node.test, body | out);
        });
      case 'DoWhileStatement':
        return this.#fixpoint(node, (head) => {
          const test = this.#expression(node.test, head | out);
          return this.#inTarget(labels, 'loop', [out, test], () => this.#statement(node.body, test));
        });
      case 'ForOfStatement':
      case 'ForInStatement':
        return this.#forEach(node, labels, out);
      case 'SwitchStatement':
        return this.#switch(node, labels, out);
      case 'TryStatement':
        return this.#try(node, out);
      default:
        throw new Unknown();
    }
  }

  #declaration({ declarations, kind }: Of<'VariableDeclaration'>, out: Live): Live {
    if (!['var', 'let', 'const'].includes(kind)) throw new Unknown();
    return declarations.reduceRight((behind, { id, init }) => {
      if (init == null) return kind === 'var' ? behind : this.#kill(behind, id);
      return this.#expression(init, this.#bind(id, behind));
    }, out);
  }

  #inTarget(labels: readonly string[], kind: TargetKind, [onBreak, onContinue]: readonly [Live, Live], body: () => Live): Live {
    const before = this.#targets;
    const named = labels.map((label) => ({ label, isLoop: kind === 'loop', onBreak, onContinue }));
    // An unnamed `break` does not end a block.
    const unnamed = kind === 'block' ? [] : [{ label: null, isLoop: kind === 'loop', onBreak, onContinue }];
    this.#targets = [...before, ...named, ...unnamed];
    const live = body();
    this.#targets = before;
    return live;
  }

  #targetOf(label: string | undefined, isLoop: boolean): Target {
    const target = this.#targets.findLast(
      (one) => (label === undefined ? one.label === null : one.label === label) && (!isLoop || one.isLoop),
    );
    if (target === undefined) throw new Unknown();
    return target;
  }

  /** Live at the head of a loop, from what is live there. */
  #fixpoint(loop: AnyNode, round: (head: Live) => Live): Live {
    for (let head = NONE; ; ) {
      const next = round(head) | head;
      this.#heads.set(loop, next);
      if (next === head) return head;
      head = next;
    }
  }

  /**
   * Does the round of some loop around a node begin with something that an earlier one has left in a variable, although the loop says
   * that it begins as it began before (forgetRound)? A count of rounds would make a state of each of them.
   */
  isCounted(node: AnyNode): boolean {
    for (const [loop, head] of this.#heads) {
      if (loop.start > node.start || loop.end < node.end) continue;
      const forgets = this.forgetting.filter((call) => this.#isRoundOf(loop, call));
      if (forgets.length === 0) continue;
      const apart = new Set(forgets.flatMap((call) => call.arguments.map((given) => this.#scopes.variableOf(given as AnyNode))));
      if (this.namesOf(head).some((variable) => !apart.has(variable) && this.#scopes.isWrittenIn(variable, loop))) return true;
    }
    return false;
  }

  /** Does the call say of a round of this loop that it is forgotten? Not when the mark was set in the same round. */
  #isRoundOf(loop: AnyNode, call: Of<'CallExpression'>): boolean {
    if (call.start < loop.start || call.end > loop.end) return false;
    const mark = call.arguments[0] === undefined ? undefined : this.#scopes.variableOf(call.arguments[0] as AnyNode);
    const declared = mark?.identifiers[0] as AnyNode | undefined;
    return declared === undefined || declared.start < loop.start || declared.end > loop.end;
  }

  #for(node: Of<'ForStatement'>, labels: readonly string[], out: Live): Live {
    const { init, test, update, body } = node;
    const head = this.#fixpoint(node, (again) => {
      const onContinue = this.#expression(update, again);
      const inside = this.#inTarget(labels, 'loop', [out, onContinue], () => this.#statement(body, onContinue));
      return test == null ? inside : this.#expression(test, inside | out);
    });
    if (init == null) return head;
    return init.type === 'VariableDeclaration' ? this.#declaration(init, head) : this.#expression(init, head);
  }

  #forEach(node: Of<'ForOfStatement' | 'ForInStatement'>, labels: readonly string[], out: Live): Live {
    const { left, right, body } = node;
    const target = left.type === 'VariableDeclaration' ? (left.declarations[0]?.id as AnyNode) : (left as AnyNode);
    if (this.#yields(target) || (node.type === 'ForOfStatement' && node.await)) throw new Unknown();
    const before = this.#loops;
    if (node.type === 'ForOfStatement') this.#loops = [...before, node];
    else this.#inexact++;
    const head = this.#fixpoint(node, (again) => {
      const inside = this.#inTarget(labels, 'loop', [out, again], () => this.#statement(body, again));
      return this.#bind(target, inside) | out;
    });
    if (node.type === 'ForInStatement') this.#inexact--;
    this.#loops = before;
    return this.#expression(right, head);
  }

  #switch({ discriminant, cases }: Of<'SwitchStatement'>, labels: readonly string[], out: Live): Live {
    const inside = new Map<AnyNode, Live>();
    return this.#inTarget(labels, 'switch', [out, NONE], () => {
      cases.reduceRight((behind, one) => {
        const live = this.#statements(one.consequent, behind);
        inside.set(one, live);
        return live;
      }, out);
      const other = cases.find(({ test }) => test == null);
      const noMatch = other === undefined ? out : (inside.get(other) as Live);
      if (cases.some(({ test }) => this.#yields(test))) this.#inexact++;
      const tests = cases.reduceRight(
        (behind, one) => (one.test == null ? behind : this.#expression(one.test, behind | (inside.get(one) as Live))),
        noMatch,
      );
      if (cases.some(({ test }) => this.#yields(test))) this.#inexact--;
      return this.#expression(discriminant, tests);
    });
  }

  #try({ block, handler, finalizer }: Of<'TryStatement'>, out: Live): Live {
    const [onReturn, onThrow, targets] = [this.#onReturn, this.#onThrow, this.#targets];
    let behind = out;
    if (finalizer != null) {
      const any = targets.reduce((live, one) => live | one.onBreak | one.onContinue, out | onReturn | onThrow);
      // How the block has ended waits for the end of this one.
      this.#inexact++;
      behind = this.#statement(finalizer, any);
      this.#inexact--;
      this.#onReturn = behind;
      this.#onThrow = behind;
      this.#targets = targets.map((one) => ({ ...one, onBreak: behind, onContinue: behind }));
    }
    if (handler != null) {
      const body = this.#statement(handler.body, behind);
      const onCatch = handler.param == null ? body : this.#bind(handler.param, body);
      this.#onThrow = onCatch;
    }
    const live = this.#statement(block, behind) | this.#onThrow;
    this.#onReturn = onReturn;
    this.#onThrow = onThrow;
    this.#targets = targets;
    return live;
  }

  // Expressions.

  /** What a pattern takes apart is given to the names in it. */
  #bind(pattern: AnyNode, out: Live): Live {
    switch (pattern.type) {
      case 'Identifier':
        return this.#kill(out, pattern);
      case 'MemberExpression':
        return this.#expression(pattern, out);
      case 'AssignmentPattern': {
        if (this.#yields(pattern)) throw new Unknown();
        const bound = this.#bind(pattern.left, out);
        return this.#expression(pattern.right, bound) | bound;
      }
      case 'RestElement':
        return this.#bind(pattern.argument, out);
      case 'ArrayPattern':
        if (this.#yields(pattern)) throw new Unknown();
        return pattern.elements.reduceRight((behind, one) => (one == null ? behind : this.#bind(one, behind)), out);
      case 'ObjectPattern':
        if (this.#yields(pattern)) throw new Unknown();
        return pattern.properties.reduceRight((behind, one) => {
          if (one.type === 'RestElement') return this.#bind(one, behind);
          const bound = this.#bind(one.value as AnyNode, behind);
          return one.computed ? this.#expression(one.key, bound) : bound;
        }, out);
      default:
        throw new Unknown();
    }
  }

  /** Looks at what is evaluated behind `before`, whose values wait until all of it is used. */
  #behind(before: readonly (AnyNode | null)[], node: AnyNode | null, out: Live): Live {
    if (!this.#yields(node)) return this.#expression(node, out);
    const [pending, inexact] = [this.#pending, this.#inexact];
    for (const one of before) {
      const kept = one === null ? NONE : this.#kept(one, node as AnyNode);
      if (kept === null) this.#inexact++;
      else this.#pending |= kept;
    }
    const live = this.#expression(node, out);
    this.#pending = pending;
    this.#inexact = inexact;
    return live;
  }

  /** The variables that have the value of an expression as long as `meanwhile` is evaluated; null when none has. */
  #kept(node: AnyNode, meanwhile: AnyNode): Live | null {
    switch (node.type) {
      case 'Literal':
      case 'Super':
        return NONE;
      case 'ThisExpression':
        return THIS;
      case 'Identifier': {
        const variable = this.#scopes.variableOf(node);
        return variable !== undefined && this.#scopes.isWrittenIn(variable, meanwhile) ? null : this.#bit(node);
      }
      case 'ParenthesizedExpression':
        return this.#kept(node.expression, meanwhile);
      default:
        return null;
    }
  }

  /** One after another, each value waiting for those behind it. */
  #inOrder(nodes: readonly (AnyNode | null)[], out: Live): Live {
    let live = out;
    for (let i = nodes.length - 1; i >= 0; i--) live = this.#behind(nodes.slice(0, i), nodes[i] as AnyNode | null, live);
    return live;
  }

  #expression(node: AnyNode | null | undefined, out: Live): Live {
    if (node == null) return out;
    switch (node.type) {
      case 'Identifier':
        return out | this.#bit(node);
      case 'ThisExpression':
      case 'Super':
        return out | THIS;
      case 'Literal':
      case 'MetaProperty':
      case 'TemplateElement':
        return out;
      case 'YieldExpression':
        return this.#stop(node, out);
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return out | this.#captured(node);
      case 'ClassExpression':
        if (this.#yields(node)) throw new Unknown();
        return out | this.#captured(node);
      case 'MemberExpression':
        return this.#member(node, out);
      case 'ChainExpression':
      case 'ParenthesizedExpression':
        return this.#expression(node.expression, out);
      case 'UnaryExpression':
      case 'SpreadElement':
        return this.#expression(node.argument, out);
      case 'UpdateExpression':
        return this.#expression(node.argument, out);
      case 'BinaryExpression':
        return this.#inOrder([node.left as AnyNode, node.right], out);
      case 'LogicalExpression':
        return this.#expression(node.left, this.#expression(node.right, out) | out);
      case 'ConditionalExpression':
        return this.#expression(node.test, this.#expression(node.consequent, out) | this.#expression(node.alternate, out));
      case 'SequenceExpression':
        return node.expressions.reduceRight((behind, one) => this.#expression(one, behind), out);
      case 'ArrayExpression':
        return this.#inOrder(node.elements, out);
      case 'ObjectExpression':
        return this.#inOrder(node.properties.flatMap(partsOfProperty), out);
      case 'TemplateLiteral':
        return this.#inOrder(node.expressions, out);
      case 'TaggedTemplateExpression':
        return this.#inOrder([node.tag, ...node.quasi.expressions], out);
      case 'NewExpression':
      case 'CallExpression':
        return this.#call(node, out);
      case 'AssignmentExpression':
        return this.#assignment(node, out);
      case 'ImportExpression':
        return this.#expression(node.source, out);
      default:
        throw new Unknown();
    }
  }

  #member({ object, property, computed, optional }: Of<'MemberExpression'>, out: Live): Live {
    const behind = computed ? this.#behind([object as AnyNode], property as AnyNode, out) : out;
    return this.#expression(object as AnyNode, optional ? behind | out : behind);
  }

  #call(node: Of<'CallExpression' | 'NewExpression'>, out: Live): Live {
    const callee = node.callee as AnyNode;
    const given = node.arguments as AnyNode[];
    if (callee.type === 'Identifier' && callee.name === 'eval') throw new Unknown();
    if (node.type === 'CallExpression' && isForgetting(callee)) this.forgetting.push(node);
    let live = out;
    for (let i = given.length - 1; i >= 0; i--) live = this.#behind([callee, ...given.slice(0, i)], given[i] as AnyNode, live);
    if (node.type === 'CallExpression' && node.optional) live |= out;
    return this.#expression(callee, live);
  }

  #assignment({ left, right, operator }: Of<'AssignmentExpression'>, out: Live): Live {
    const target = left as AnyNode;
    const isPlain = operator === '=';
    const isConditional = ['&&=', '||=', '??='].includes(operator);
    if (target.type === 'Identifier') {
      const killed = this.#kill(out, target);
      if (isPlain) return this.#expression(right, killed);
      const live = isConditional ? this.#expression(right, killed) | out : this.#behind([target], right, killed);
      return live | this.#bit(target);
    }
    if (target.type === 'MemberExpression') {
      const { object, property, computed } = target;
      const before = [object as AnyNode, ...(computed ? [property as AnyNode] : [])];
      // What was there before has been read, and waits.
      const value = isPlain || isConditional ? [] : [target];
      const live = this.#behind([...before, ...value], right, out);
      return this.#member(target, isConditional ? live | out : live);
    }
    return this.#expression(right, this.#bind(target, out));
  }
}

/** Is it forgetRound of arena/access.ts? */
const isForgetting = (callee: AnyNode): boolean =>
  callee.type === 'MemberExpression'
    ? callee.property.type === 'Identifier' && callee.property.name === 'forgetRound'
    : callee.type === 'Identifier' && callee.name === 'forgetRound';

function partsOfProperty(node: AnyNode): AnyNode[] {
  if (node.type === 'SpreadElement') return [node];
  if (node.type !== 'Property') throw new Unknown();
  return node.computed ? [node.key, node.value as AnyNode] : [node.value as AnyNode];
}

function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node).flat() as unknown[])
    if (typeof value === 'object' && value !== null && 'type' in value) children.push(value as AnyNode);
  return children;
}

/** Is it a generator that is called with more than its parameters show? */
function isOpaque(node: AnyNode): boolean {
  if (node.type === 'Identifier' && node.name === 'arguments') return true;
  if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') return false;
  return childrenOf(node).some(isOpaque);
}

/** What is live at each yield of a generator. */
export function stopsOf(generator: FunctionNode, scopes: Scopes): ReadonlyMap<YieldNode, Stop> {
  const stops = new Map<YieldNode, Stop>();
  if (isOpaque(generator.body as AnyNode)) return stops;
  let analysis: Analysis;
  try {
    analysis = new Analysis(generator, scopes);
  } catch (error) {
    if (error instanceof Unknown) return stops;
    throw error;
  }
  // What forgetRound is told not to count.
  const uncounted = new Set(
    analysis.forgetting.flatMap((call) => call.arguments.slice(1).map((given) => scopes.variableOf(given as AnyNode))),
  );
  for (const [node, { live, isExact, loops }] of analysis.found) {
    const names: string[] = [];
    let exact = isExact && !analysis.isCounted(node);
    for (const variable of analysis.namesOf(live)) {
      const standing = scopes.standing(variable, node);
      if (standing === 'absent' || uncounted.has(variable)) continue;
      if (standing === 'hidden' || !scopes.isSettled(variable, generator)) exact = false;
      else names.push(variable.name);
    }
    stops.set(node, { names, usesThis: (live & THIS) !== NONE, loops, exact });
  }
  return stops;
}
