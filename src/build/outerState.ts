/**
 * What a module keeps outside of the shared words: variables that an operation changes although they are declared outside of it.
 *
 * An explorer goes back to earlier states. It takes back shared words and makes local variables anew; any other variable stays as it
 * is, and what an operation does then depends on more than the state. Here such changes are found in the text, as far as names tell:
 * in generator functions, in functions inside of them, and in those that they name.
 */
import { type AnyNode, type Comment, parse } from 'acorn';
import { analyze, type Scope, type ScopeManager, type Variable } from 'eslint-scope';
import { CHANGING, CHANGING_FIRST, changedBy, type FunctionNode, isFunction, isRelative, rootOf } from './changes.ts';

/** A change of a variable that is declared outside of the operation. */
export interface OuterChange {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** What the operations of a module do outside of it. */
export interface OuterState {
  readonly changes: readonly OuterChange[];
  /** What they name of other modules: the name there (`*` for all), by what the import says. */
  readonly uses: ReadonlyMap<string, ReadonlySet<string>>;
}

/** In front of a declaration: it is filled once, with a value that is always the same. */
export const CONSTANT_MARK = '@hmm-lab constant';

class Module {
  readonly #source: string;
  readonly #program: Extract<AnyNode, { type: 'Program' }>;
  readonly #comments: Comment[] = [];
  readonly #scopes: ScopeManager;
  readonly #parents = new Map<AnyNode, AnyNode>();
  readonly #functions: FunctionNode[] = [];
  readonly #nodes: AnyNode[] = [];
  readonly #variables = new Map<AnyNode, Variable>();
  /** Functions that operations are made of. */
  readonly #reached = new Set<AnyNode>();
  readonly #uses = new Map<string, Set<string>>();

  constructor(source: string) {
    this.#source = source;
    this.#program = parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowHashBang: true,
      ranges: true,
      onComment: this.#comments,
    });
    this.#scopes = analyze(this.#program as never, { ecmaVersion: 2024, sourceType: 'module' });
    this.#link(this.#program);
    this.#functions = this.#nodes.filter(isFunction);
    for (const scope of this.#scopes.scopes)
      for (const { identifier, resolved } of scope.references)
        if (resolved !== null) this.#variables.set(identifier as unknown as AnyNode, resolved);
  }

  /** Notes the parent of each node below. */
  #link(node: AnyNode): void {
    for (const child of Object.values(node).flat() as unknown[]) {
      if (typeof child !== 'object' || child === null || !('type' in child) || this.#parents.has(child as AnyNode)) continue;
      this.#parents.set(child as AnyNode, node);
      this.#nodes.push(child as AnyNode);
      this.#link(child as AnyNode);
    }
  }

  /** The nearest function around a node. */
  #around(node: AnyNode): FunctionNode | null {
    for (let at = this.#parents.get(node); at !== undefined; at = this.#parents.get(at)) if (isFunction(at)) return at;
    return null;
  }

  /** Functions that stand in an expression, those inside of them apart. */
  #functionsIn(expression: AnyNode | null | undefined): FunctionNode[] {
    if (expression === null || expression === undefined) return [];
    const around = isFunction(expression) ? expression : null;
    if (around !== null) return [around];
    const inside = (node: AnyNode): boolean => node.start >= expression.start && node.end <= expression.end;
    return this.#functions.filter(
      (one) =>
        inside(one) &&
        !this.#functions.some((other) => other !== one && inside(other) && other.start <= one.start && other.end >= one.end),
    );
  }

  /** What operations are made of: all generators, what is exported by these names, and what those name. */
  reach(exported: ReadonlySet<string>): OuterState {
    const pending: FunctionNode[] = this.#functions.filter(({ generator }) => generator);
    for (const name of exported) pending.push(...this.#exported(name));
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#reached.has(next)) continue;
      this.#reached.add(next);
      const here = next;
      pending.push(...this.#functions.filter((one) => this.#around(one) === here));
      for (const [identifier, variable] of this.#variables)
        if (this.#around(identifier) === here)
          for (const { node, type, parent } of variable.defs)
            pending.push(...this.#named(node as AnyNode, type, parent as AnyNode));
    }
    return { changes: this.#changes(), uses: this.#uses };
  }

  /** The functions that an exported name stands for; `*` for all. */
  #exported(name: string): FunctionNode[] {
    if (name === 'default') {
      const declared = this.#program.body.find((one) => one.type === 'ExportDefaultDeclaration');
      return declared === undefined ? [] : this.#functionsIn(declared.declaration as AnyNode);
    }
    const [top] = this.#scopes.scopes.filter(({ type }) => type === 'module');
    const variables = name === '*' ? (top?.variables ?? []) : [top?.set.get(name)];
    return variables.flatMap((variable) =>
      (variable?.defs ?? []).flatMap(({ node, type, parent }) => this.#named(node as AnyNode, type, parent as AnyNode)),
    );
  }

  /** The functions that a declared name stands for. An import is noted. */
  #named(node: AnyNode, type: string, parent: AnyNode): FunctionNode[] {
    if (type === 'FunctionName') return [node as FunctionNode];
    if (type === 'Variable') return this.#functionsIn((node as { init?: AnyNode | null }).init);
    if (type === 'ImportBinding') {
      const specifier = String((parent as { source?: { value?: unknown } }).source?.value);
      const { imported } = node as { imported?: { name?: string } };
      const name = node.type === 'ImportDefaultSpecifier' ? 'default' : (imported?.name ?? '*');
      this.#uses.set(specifier, (this.#uses.get(specifier) ?? new Set()).add(name));
    }
    return [];
  }

  /** Is the variable made anew with each call of an operation? */
  #isLocal({ scope }: Variable): boolean {
    for (let at: Scope | null = scope; at !== null; at = at.upper) if (this.#reached.has(at.block as AnyNode)) return true;
    return false;
  }

  #isMarked({ defs }: Variable): boolean {
    return defs.some(({ node, parent }) => {
      const declaration = (parent ?? node) as AnyNode;
      const start =
        this.#parents.get(declaration)?.type === 'ExportNamedDeclaration'
          ? (this.#parents.get(declaration) as AnyNode).start
          : declaration.start;
      return this.#comments.some(
        ({ value, end }) => value.trim() === CONSTANT_MARK && end <= start && this.#source.slice(end, start).trim() === '',
      );
    });
  }

  /** The outer variable whose object an expression is, or is a part of; null when it is an operation's own. */
  #outerOf(expression: AnyNode | null | undefined, seen: ReadonlySet<Variable> = new Set()): string | null {
    const root = rootOf(expression);
    if (root === null) return null;
    if (root.type === 'ThisExpression') return this.#isOfObject(root) ? 'this' : null;
    const name = (root as { name: string }).name;
    const variable = this.#variables.get(root);
    if (variable === undefined) return ['globalThis', 'global', 'process'].includes(name) ? name : null;
    if (seen.has(variable) || this.#isMarked(variable)) return null;
    if (!this.#isLocal(variable))
      return variable.defs.some(
        ({ type, parent }) =>
          type === 'ImportBinding' && !isRelative(String((parent as { source?: { value?: unknown } } | null)?.source?.value)),
      )
        ? null
        : name;
    const more = new Set(seen).add(variable);
    for (const { node, type } of variable.defs)
      for (const origin of this.#originsOf(node as AnyNode, type, name)) {
        const outer = this.#outerOf(origin, more);
        if (outer !== null) return outer;
      }
    return null;
  }

  /** What a local name is given at its declaration: its value, what a loop goes over, or a default. */
  #originsOf(node: AnyNode, type: string, name: string): AnyNode[] {
    if (type === 'Variable') {
      const { init } = node as { init?: AnyNode | null };
      if (init !== null && init !== undefined) return [init];
      const loop = this.#parents.get(this.#parents.get(node) ?? node);
      return loop?.type === 'ForOfStatement' ? [loop.right] : [];
    }
    if (type !== 'Parameter') return [];
    return (node as FunctionNode).params.flatMap((parameter) =>
      parameter.type === 'AssignmentPattern' && parameter.left.type === 'Identifier' && parameter.left.name === name
        ? [parameter.right]
        : [],
    );
  }

  /** Is `this` the object that a method stands in, which is made once? */
  #isOfObject(node: AnyNode): boolean {
    let at = this.#around(node);
    while (at?.type === 'ArrowFunctionExpression') at = this.#around(at);
    const holder = at === null ? undefined : this.#parents.get(at);
    return holder?.type === 'Property';
  }

  /** All that is changed in functions of operations and stands outside of them. */
  #changes(): OuterChange[] {
    const changes: OuterChange[] = [];
    const note = (node: AnyNode, name: string | null): void => {
      if (name === null) return;
      const before = this.#source.slice(0, node.start).split('\n');
      changes.push({ name, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
    };
    for (const node of this.#nodes) {
      const around = this.#around(node);
      if (around === null || !this.#reached.has(around)) continue;
      for (const target of changedBy(node)) {
        if (target.type === 'Identifier') {
          const variable = this.#variables.get(target);
          if (variable !== undefined && !this.#isLocal(variable) && !this.#isMarked(variable)) note(target, target.name);
        } else note(target, this.#outerOf(target));
      }
      if (node.type === 'CallExpression') note(node, this.#changedByCall(node));
    }
    return changes;
  }

  #changedByCall({ callee, arguments: given }: AnyNode & { type: 'CallExpression' }): string | null {
    if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.computed) return null;
    const { object, property } = callee;
    if (object.type === 'Identifier' && (object.name === 'Object' || object.name === 'Reflect'))
      return CHANGING_FIRST.has(property.name) ? this.#outerOf(given[0] as AnyNode) : null;
    if (!CHANGING.has(property.name) || this.#hasMethod(object as AnyNode, property.name)) return null;
    return this.#outerOf(object as AnyNode);
  }

  /** Does the object's declaration say what the method is? Then it is looked at as a function. */
  #hasMethod(object: AnyNode, name: string): boolean {
    const variable = this.#variables.get(object);
    return (variable?.defs ?? []).some(({ node }) => {
      const { init } = node as { init?: AnyNode | null };
      return (
        init?.type === 'ObjectExpression' &&
        init.properties.some((one) => one.type === 'Property' && one.key.type === 'Identifier' && one.key.name === name)
      );
    });
  }
}

/**
 * Looks at the text of a module. `exported` are names that operations of other modules use; `default` and `*` are possible.
 *
 * @throws SyntaxError when it is no JavaScript module.
 */
export const outerState = (source: string, exported: ReadonlySet<string>): OuterState => new Module(source).reach(exported);
