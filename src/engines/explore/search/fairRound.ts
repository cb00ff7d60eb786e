/**
 * Livelock and starvation, exactly: is there a round in the graph of states that a fair scheduler can follow for ever?
 *
 * States that can be on a common round form a strongly connected component. If in a component somebody can run and never steps
 * within it, or could take a lock it waits for and never takes one within it, the states where it could are no part of a fair
 * round; they are taken out, and what is left is looked at again (Emerson and Lei, 1987).
 */
import type { Executor } from '../machine/execution.ts';
import { type Failing, StateGraph } from './stateGraph.ts';

/** A path to a fair round, and once round it. */
export interface FoundRound {
  readonly prefix: readonly number[];
  readonly round: readonly number[];
}

/**
 * A fair round within `bound` preemptions, or an execution that fails, if one is met on the way. Null: there is neither, or it was
 * enough before all states were seen.
 */
export function fairRound(executor: Executor, bound: number, enough: (states: number) => boolean): FoundRound | Failing | null {
  const graph = new StateGraph(executor, bound, enough);
  return graph.complete ? roundIn(graph) : graph.failing;
}

type States = ReadonlySet<number>;

function roundIn(graph: StateGraph): FoundRound | null {
  const pending: number[][] = [Array.from({ length: graph.states }, (_, state) => state)];
  for (let states = pending.pop(); states !== undefined; states = pending.pop()) {
    for (const component of components(graph, new Set(states))) {
      const inside = new Set(component);
      const { able, grantable, makers, granted } = fairnessOf(graph, component, inside);
      const [idle, denied] = [able & ~makers, grantable & ~granted];
      if ((idle | denied) === 0) return { prefix: graph.pathTo(component[0] as number), round: tour(graph, component, inside) };
      pending.push(
        component.filter(
          (state) => ((graph.able[state] as number) & idle) === 0 && ((graph.grantable[state] as number) & denied) === 0,
        ),
      );
    }
  }
  return null;
}

const isGrant = (graph: StateGraph, state: number, actor: number): boolean =>
  ((graph.grantable[state] as number) & (1 << actor)) !== 0;

/** See rounds.ts. */
function fairnessOf(graph: StateGraph, component: readonly number[], inside: States) {
  let [able, grantable, makers, granted] = [0, 0, 0, 0];
  for (const state of component) {
    able |= graph.able[state] as number;
    grantable |= graph.grantable[state] as number;
    for (let actor = 0; actor < graph.actors; actor++) {
      if (!inside.has(graph.target(state, actor))) continue;
      makers |= 1 << actor;
      if (isGrant(graph, state, actor)) granted |= 1 << actor;
    }
  }
  return { able, grantable, makers, granted };
}

/** Strongly connected components with at least one step inside (Tarjan, without recursion). */
function components(graph: StateGraph, states: States): number[][] {
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
      if (at.actor < graph.actors) {
        const target = graph.target(state, at.actor++);
        if (!states.has(target) || closed.has(target)) continue;
        if (!order.has(target)) enter(target);
        else low.set(state, Math.min(low.get(state) as number, order.get(target) as number));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low.set(parent.state, Math.min(low.get(parent.state) as number, low.get(state) as number));
      if (low.get(state) !== order.get(state)) continue;
      const component = stack.splice(stack.lastIndexOf(state));
      for (const member of component) closed.add(member);
      if (component.length > 1 || goesToItself(graph, state)) found.push(component);
    }
  }
  return found;
}

function goesToItself(graph: StateGraph, state: number): boolean {
  for (let actor = 0; actor < graph.actors; actor++) if (graph.target(state, actor) === state) return true;
  return false;
}

/** A walk round a component from its first state, with a step of everybody who has one, and a lock for everybody who takes one. */
function tour(graph: StateGraph, component: readonly number[], inside: States): number[] {
  const steps: number[] = [];
  const start = component[0] as number;
  let at = start;
  const goTo = (isGoal: (state: number) => boolean): void => {
    for (const [actor, target] of shortest(graph, at, inside, isGoal)) {
      steps.push(actor);
      at = target;
    }
  };
  const visit = (actor: number, hasStep: (state: number) => boolean): void => {
    if (!component.some(hasStep)) return;
    goTo(hasStep);
    steps.push(actor);
    at = graph.target(at, actor);
  };
  for (let actor = 0; actor < graph.actors; actor++) {
    const staysInside = (state: number): boolean => inside.has(graph.target(state, actor));
    visit(actor, staysInside);
    visit(actor, (state) => staysInside(state) && isGrant(graph, state, actor));
  }
  goTo((state) => state === start);
  return steps;
}

/** Steps, as actor and state reached, from a state to the nearest goal inside. */
function shortest(
  graph: StateGraph,
  from: number,
  inside: States,
  isGoal: (state: number) => boolean,
): (readonly [number, number])[] {
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
    for (let actor = 0; actor < graph.actors; actor++) {
      const target = graph.target(state, actor);
      if (!inside.has(target) || came.has(target) || target === from) continue;
      came.set(target, [state, actor]);
      queue.push(target);
    }
  }
  throw new Error('a component of the state graph is not connected');
}
