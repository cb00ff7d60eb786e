/**
 * Livelock and starvation, exactly: is there a round in the graph of all states that a fair scheduler can follow for ever?
 *
 * A round is fair when every actor that can run at one of its states takes a step in it. States that can be on a common
 * round form a strongly connected component. If in a component somebody can run and never steps within it, the states where
 * it can run are no part of a fair round; they are taken out, and what is left is looked at again (Emerson and Lei, 1987).
 */
import type { Executor } from '../machine/execution.ts';

/** A path to a fair round, and once round it. Null: there is none, or it was enough before all states were seen. */
export function fairRound(executor: Executor, enough: (states: number) => boolean): readonly number[] | null {
  const graph = new StateGraph(executor, enough);
  const round = graph.complete ? graph.fairRound() : null;
  executor.reset();
  return round;
}

const NONE = -1;
const UNTRIED = -2;

class StateGraph {
  readonly #actors: number;
  /** For each state and actor the state its step leads to, NONE if it cannot run. */
  readonly #next: number[] = [];
  /** The step that first led to a state: where from, and whose. */
  readonly #from: number[] = [NONE];
  readonly #by: number[] = [NONE];
  readonly complete: boolean;

  constructor(executor: Executor, enough: (states: number) => boolean) {
    this.#actors = executor.count;
    this.complete = this.#walk(executor, enough);
  }

  /** Walks all states depth first. */
  #walk(executor: Executor, enough: (states: number) => boolean): boolean {
    const ids = new Map<bigint, number>();
    const path: number[] = [0];
    const idOf = (): number => {
      const key = (BigInt(executor.low) << 32n) ^ BigInt(executor.high);
      const known = ids.get(key);
      if (known !== undefined) return known;
      for (let i = 0; i < this.#actors; i++) this.#next.push(executor.canRun(i) ? UNTRIED : NONE);
      ids.set(key, ids.size);
      return ids.size - 1;
    };
    executor.reset();
    idOf();
    while (path.length > 0) {
      const state = path[path.length - 1] as number;
      const actor = this.#untried(state);
      if (actor === NONE) {
        path.pop();
        if (path.length > 0) executor.back();
        continue;
      }
      // A step that fails ends its execution, and no round goes on from there. The search has reported it.
      if (executor.step(actor) !== null) {
        this.#next[state * this.#actors + actor] = NONE;
        executor.back();
        continue;
      }
      const known = ids.size;
      const target = idOf();
      this.#next[state * this.#actors + actor] = target;
      if (ids.size === known) {
        executor.back();
        continue;
      }
      this.#from[target] = state;
      this.#by[target] = actor;
      path.push(target);
      if (target % 1024 === 0 && enough(target)) return false;
    }
    return true;
  }

  #untried(state: number): number {
    for (let i = 0; i < this.#actors; i++) if (this.#next[state * this.#actors + i] === UNTRIED) return i;
    return NONE;
  }

  fairRound(): readonly number[] | null {
    const pending: number[][] = [this.#from.map((_, state) => state)];
    for (let states = pending.pop(); states !== undefined; states = pending.pop()) {
      for (const component of this.#components(new Set(states))) {
        const inside = new Set(component);
        const unfair = this.#able(component) & ~this.#makers(component, inside);
        if (unfair === 0) return [...this.#pathTo(component[0] as number), ...this.#tour(component, inside)];
        pending.push(component.filter((state) => (this.#able([state]) & unfair) === 0));
      }
    }
    return null;
  }

  #target(state: number, actor: number): number {
    return this.#next[state * this.#actors + actor] as number;
  }

  /** Actors that can run at one of the states. */
  #able(states: readonly number[]): number {
    let mask = 0;
    for (const state of states) for (let i = 0; i < this.#actors; i++) if (this.#target(state, i) !== NONE) mask |= 1 << i;
    return mask;
  }

  /** Actors that have a step from one of the states to another. */
  #makers(states: readonly number[], inside: ReadonlySet<number>): number {
    let mask = 0;
    for (const state of states) for (let i = 0; i < this.#actors; i++) if (inside.has(this.#target(state, i))) mask |= 1 << i;
    return mask;
  }

  /** Strongly connected components with at least one step inside (Tarjan, without recursion). */
  #components(states: ReadonlySet<number>): number[][] {
    const order = new Map<number, number>();
    const low = new Map<number, number>();
    const closed = new Set<number>();
    const stack: number[] = [];
    const found: number[][] = [];
    for (const root of states) {
      if (order.has(root)) continue;
      const path: { state: number; actor: number }[] = [];
      const enter = (state: number): void => {
        order.set(state, order.size);
        low.set(state, order.size - 1);
        stack.push(state);
        path.push({ state, actor: 0 });
      };
      enter(root);
      for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
        const { state } = at;
        if (at.actor < this.#actors) {
          const target = this.#target(state, at.actor++);
          if (!states.has(target) || closed.has(target)) continue;
          if (!order.has(target)) enter(target);
          else low.set(state, Math.min(low.get(state) as number, order.get(target) as number));
          continue;
        }
        path.pop();
        const parent = path.at(-1);
        if (parent !== undefined) {
          low.set(parent.state, Math.min(low.get(parent.state) as number, low.get(state) as number));
        }
        if (low.get(state) !== order.get(state)) continue;
        const component = stack.splice(stack.lastIndexOf(state));
        for (const member of component) closed.add(member);
        if (this.#makers(component, new Set(component)) !== 0) found.push(component);
      }
    }
    return found;
  }

  #pathTo(state: number): number[] {
    const path: number[] = [];
    for (let at = state; this.#from[at] !== NONE; at = this.#from[at] as number) path.push(this.#by[at] as number);
    return path.reverse();
  }

  /** A walk round a component from its first state, with a step of everybody who has one. */
  #tour(component: readonly number[], inside: ReadonlySet<number>): number[] {
    const steps: number[] = [];
    const start = component[0] as number;
    let at = start;
    const goTo = (isGoal: (state: number) => boolean): void => {
      for (const [actor, target] of this.#shortest(at, inside, isGoal)) {
        steps.push(actor);
        at = target;
      }
    };
    for (let actor = 0; actor < this.#actors; actor++) {
      if (!component.some((state) => inside.has(this.#target(state, actor)))) continue;
      goTo((state) => inside.has(this.#target(state, actor)));
      steps.push(actor);
      at = this.#target(at, actor);
    }
    goTo((state) => state === start);
    return steps;
  }

  /** Steps, as actor and state reached, from a state to the nearest goal inside. */
  #shortest(from: number, inside: ReadonlySet<number>, isGoal: (state: number) => boolean): (readonly [number, number])[] {
    const came = new Map<number, readonly [state: number, actor: number]>();
    const queue = [from];
    for (const state of queue) {
      if (isGoal(state)) {
        const steps: (readonly [number, number])[] = [];
        for (let at = state; at !== from; ) {
          const [before, actor] = came.get(at) as readonly [number, number];
          steps.push([actor, at]);
          at = before;
        }
        return steps.reverse();
      }
      for (let actor = 0; actor < this.#actors; actor++) {
        const target = this.#target(state, actor);
        if (!inside.has(target) || came.has(target) || target === from) continue;
        came.set(target, [state, actor]);
        queue.push(target);
      }
    }
    throw new Error('a component of the state graph is not connected');
  }
}
