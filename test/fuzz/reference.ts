/**
 * The naive explorer that the real one is held against: all states, each kept whole, all steps, nothing reduced, nothing hashed. It
 * shares nothing with src/engines.
 */
import { Machine, type State } from './machine.ts';
import { LOCKS, MOST_ACTORS, type Program } from './program.ts';
import type { Truth } from './truth.ts';

/** Instead of a state that a step leads to. */
const CANNOT_RUN = -1;
const BREAKS_A_RULE = -2;

/** The truth about a program of at most so many states. */
export function reference(program: Program, mostStates: number): Truth {
  const machine = new Machine(program);
  const graph = new Graph(machine);
  const truth = { rules: new Map<string, number>(), kinds: new Set<string>(), finals: new Map<string, number>() };
  const exhausted = machine.failed !== null || graph.build(mostStates);
  if (machine.failed !== null) truth.rules.set(machine.failed, 0);
  else if (exhausted) {
    graph.ends(truth.rules, truth.kinds, truth.finals);
    for (const isStarvation of graph.fairRounds()) {
      truth.rules.set('I-PROG', Number.POSITIVE_INFINITY);
      truth.kinds.add(isStarvation ? 'starvation' : 'livelock');
    }
  }
  return { exhausted, states: graph.states.length, ...truth };
}

class Graph {
  readonly states: State[] = [];
  readonly #machine: Machine;
  readonly #actors: number;
  /** Of each state and actor: where its step leads, which rule it breaks, and what fairness no longer owes after it. */
  readonly #next: number[] = [];
  readonly #broken = new Map<number, string>();
  readonly #given: number[] = [];
  /** Of each state, what fairness owes: a step to who can run, and a lock to who wants it and could take it. A bit each. */
  readonly #owed: number[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#actors = machine.count;
  }

  /** False if there are too many states. */
  build(mostStates: number): boolean {
    const ids = new Map<string, number>();
    const idOf = (state: State): number => {
      const key = String.fromCharCode(...state);
      const id = ids.get(key) ?? this.states.push(state) - 1;
      if (id === ids.size) ids.set(key, id);
      return id;
    };
    idOf(this.#machine.initial);
    for (let id = 0; id < this.states.length; id++) {
      const state = this.states[id] as State;
      this.#owed.push(0);
      for (let actor = 0; actor < this.#actors; actor++) {
        const locks = (mask: number): number => mask << (MOST_ACTORS + LOCKS.length * actor);
        const edge = this.#next.push(CANNOT_RUN) - 1;
        this.#given.push(0);
        this.#owed[id] = (this.#owed[id] as number) | locks(this.#machine.couldTake(state, actor));
        if (!this.#machine.canRun(state, actor)) continue;
        const to = state.slice();
        const rule = this.#machine.step(to, actor);
        if (rule !== null) this.#broken.set(edge, rule);
        this.#next[edge] = rule === null ? idOf(to) : BREAKS_A_RULE;
        this.#given[edge] = (1 << actor) | locks(this.#machine.taken);
        this.#owed[id] = (this.#owed[id] as number) | (1 << actor);
      }
      if (id > mostStates) return false;
    }
    return true;
  }

  /** How executions can end. Pairs of a state and who made the last step are visited in order of the preemptions spent. */
  ends(rules: Map<string, number>, kinds: Set<string>, finals: Map<string, number>): void {
    const actors = this.#actors;
    const seen = new Set<number>();
    const note = (map: Map<string, number>, key: string, spent: number) => map.set(key, Math.min(spent, map.get(key) ?? spent));
    for (let spent = 0, now = [actors], later: number[] = []; now.length > 0; spent++, now = later, later = []) {
      for (let at = now.pop(); at !== undefined; at = now.pop()) {
        const [id, last] = [Math.floor(at / (actors + 1)), at % (actors + 1)];
        if (seen.has(at)) continue;
        seen.add(at);
        const goesOn = last < actors && this.#next[id * actors + last] !== CANNOT_RUN;
        let isEnd = true;
        for (const [actor, to] of this.#successors(id).entries()) {
          const cost = goesOn && actor !== last ? 1 : 0;
          if (to === BREAKS_A_RULE) note(rules, this.#broken.get(id * actors + actor) as string, spent + cost);
          else if (to !== CANNOT_RUN) (cost === 0 ? now : later).push(to * (actors + 1) + actor);
          if (to !== CANNOT_RUN) isEnd = false;
        }
        if (!isEnd) continue;
        const { rule, kind } = this.#machine.end(this.states[id] as State);
        if (rule !== null) note(rules, rule, spent);
        if (kind !== undefined) kinds.add(kind);
        else note(finals, this.#machine.memory(this.states[id] as State), spent);
      }
    }
  }

  /** The rounds that a fair scheduler can follow for ever: for each whether somebody in the background makes it. */
  fairRounds(): boolean[] {
    const rounds: boolean[] = [];
    if (!this.#next.some((to, edge) => to >= 0 && to * this.#actors <= edge)) return rounds; // Nothing leads back.
    const from: number[][] = this.states.map(() => []);
    for (const [edge, to] of this.#next.entries()) if (to >= 0) from[to]?.push(Math.floor(edge / this.#actors));
    const pending = [this.states.map((_, id) => id)];
    for (let ids = pending.pop(); ids !== undefined; ids = pending.pop()) {
      const inside = new Set(ids);
      // States without a successor are taken away, the later ones first: they lead to the ends.
      for (let size = -1; size !== inside.size; ) {
        size = inside.size;
        for (const id of [...inside].reverse()) if (!this.#successors(id).some((to) => inside.has(to))) inside.delete(id);
      }
      if (inside.size === 0) continue;
      const root = inside.values().next().value as number;
      const after = reached(root, inside, (id) => this.#successors(id));
      const before = reached(root, inside, (id) => from[id] as number[]);
      const round = [...after].filter((id) => before.has(id));
      // Other rounds lie on one side of this one.
      pending.push(
        [...after].filter((id) => !before.has(id)),
        [...inside].filter((id) => !after.has(id)),
      );
      const edges = round.flatMap((id) => this.#successors(id).map((to, actor) => ({ to, edge: id * this.#actors + actor })));
      const given = edges.reduce(
        (all, { to, edge }) => (after.has(to) && before.has(to) ? all | (this.#given[edge] as number) : all),
        0,
      );
      const unfair = round.reduce((owed, id) => owed | (this.#owed[id] as number), 0) & ~given;
      if (given === 0) continue;
      if (unfair !== 0) pending.push(round.filter((id) => ((this.#owed[id] as number) & unfair) === 0));
      else rounds.push(Array.from({ length: this.#actors }).some((_, i) => given & (1 << i) && this.#machine.isBackground(i)));
    }
    return rounds;
  }

  #successors(id: number): number[] {
    return this.#next.slice(id * this.#actors, (id + 1) * this.#actors);
  }
}

function reached(root: number, inside: ReadonlySet<number>, next: (id: number) => readonly number[]): Set<number> {
  const all = new Set([root]);
  for (const id of all) for (const to of next(id)) if (inside.has(to)) all.add(to);
  return all;
}
