/** Which variable each name of a module means, and who writes it: what liveness needs to know of scopes. */
import type { AnyNode } from 'acorn';
import { analyze, type Scope, type Variable } from 'eslint-scope';
import { type FunctionNode, isFunction } from './changes.ts';

type Program = Extract<AnyNode, { type: 'Program' }>;

export class Scopes {
  readonly #variables = new Map<AnyNode, Variable>();
  /** Scopes by the node they belong to, the outer of two first. */
  readonly #scopesOf = new Map<AnyNode, Scope[]>();
  readonly #parents = new Map<AnyNode, AnyNode>();

  constructor(program: Program) {
    const { scopes } = analyze(program as never, { ecmaVersion: 2024, sourceType: 'module' });
    for (const scope of scopes) {
      const block = scope.block as unknown as AnyNode;
      this.#scopesOf.set(block, [...(this.#scopesOf.get(block) ?? []), scope]);
      for (const { identifier, resolved } of scope.references)
        if (resolved !== null) this.#variables.set(identifier as unknown as AnyNode, resolved);
      for (const variable of scope.variables)
        for (const name of variable.identifiers) this.#variables.set(name as unknown as AnyNode, variable);
    }
    this.#link(program);
  }

  #link(node: AnyNode): void {
    for (const child of Object.values(node).flat() as unknown[]) {
      if (typeof child !== 'object' || child === null || !('type' in child)) continue;
      this.#parents.set(child as AnyNode, node);
      this.#link(child as AnyNode);
    }
  }

  /** The variable that a name means; undefined for one of the language. */
  variableOf(name: AnyNode): Variable | undefined {
    return this.#variables.get(name);
  }

  parentOf(node: AnyNode): AnyNode | undefined {
    return this.#parents.get(node);
  }

  /** The nearest function around a node. */
  functionAround(node: AnyNode): FunctionNode | null {
    for (let at = this.#parents.get(node); at !== undefined; at = this.#parents.get(at)) if (isFunction(at)) return at;
    return null;
  }

  /** Is the variable made in a function, anew with each call, and not with the module? */
  isOfFunction({ scope }: Variable): boolean {
    for (let at: Scope | null = scope; at !== null; at = at.upper) if (isFunction(at.block as unknown as AnyNode)) return true;
    return false;
  }

  /** Is a name used otherwise than to call what it names? */
  isUsedAsValue(name: AnyNode): boolean {
    return (this.variableOf(name)?.references ?? []).some((reference) => {
      const used = reference.identifier as unknown as AnyNode;
      const parent = this.parentOf(used);
      return reference.isRead() && !(parent?.type === 'CallExpression' && parent.callee === used);
    });
  }

  /** Names of what a function uses that is made in the functions around it. */
  capturedBy(node: FunctionNode): string[] {
    const names = new Set<string>();
    for (const [name, variable] of this.#variables) {
      if (name.start < node.start || name.end > node.end || !this.isOfFunction(variable)) continue;
      const block = variable.scope.block as unknown as AnyNode;
      if (block.start < node.start || block.end > node.end) names.add(variable.name);
    }
    if (node.type === 'ArrowFunctionExpression' && usesThis(node)) names.add('this');
    return [...names];
  }

  /** Is the value that a stopped call of `owner` would find there sure to be the one it had when it stopped? */
  isSettled(variable: Variable, owner: FunctionNode): boolean {
    const isOwn = this.#homeOf(variable) === owner;
    return variable.references.every((reference) => {
      if (!reference.isWrite()) return true;
      // Its first value, which it has before anybody else can run; or one that the call itself gives it.
      return isOwn ? this.functionAround(reference.identifier as unknown as AnyNode) === owner : reference.init === true;
    });
  }

  #homeOf({ scope }: Variable): FunctionNode | null {
    const block = scope.block as unknown as AnyNode;
    return isFunction(block) ? block : this.functionAround(block);
  }

  /** Is the variable written between two positions? */
  isWrittenIn(variable: Variable, { start, end }: AnyNode): boolean {
    return variable.references.some((reference) => {
      const at = (reference.identifier as unknown as AnyNode).start;
      return reference.isWrite() && at >= start && at < end;
    });
  }

  /** May the variable be named at a node? `hidden`: its name means another one there; `absent`: there is none yet, or no more. */
  standing(variable: Variable, node: AnyNode): 'there' | 'hidden' | 'absent' {
    let isHidden = false;
    for (let at: AnyNode | undefined = node; at !== undefined; at = this.#parents.get(at)) {
      for (const scope of [...(this.#scopesOf.get(at) ?? [])].reverse()) {
        if (scope === variable.scope) {
          if (this.#isDeclaredBehind(variable, node)) return 'absent';
          return isHidden ? 'hidden' : 'there';
        }
        if (scope.set.has(variable.name)) isHidden = true;
      }
    }
    return 'absent';
  }

  /** A `let`, `const` or `class` has no value before its declaration. */
  #isDeclaredBehind({ defs }: Variable, node: AnyNode): boolean {
    return defs.some(({ type, node: declared, parent }) => {
      const isLexical = type === 'ClassName' || (type === 'Variable' && (parent as { kind?: string } | null)?.kind !== 'var');
      // In its own declaration it has none yet either.
      return isLexical && (declared as unknown as AnyNode).end > node.start;
    });
  }
}

function usesThis(node: AnyNode): boolean {
  if (node.type === 'ThisExpression' || node.type === 'Super') return true;
  if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') return false;
  return Object.values(node)
    .flat()
    .some((child: unknown) => typeof child === 'object' && child !== null && 'type' in child && usesThis(child as AnyNode));
}
