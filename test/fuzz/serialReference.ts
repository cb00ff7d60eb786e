/** All states of a program about serial numbers, or the first few thousand of them: each kept whole, with the numbers as they are. */
import type { Does, SerialProgram, Simple } from './serialProgram.ts';

type Flat = Exclude<Does, { readonly do: 'loop' }> | { readonly do: 'round'; readonly to: number };

/** Places of a state; and of an actor in it, from its place on. */
const [S, U, T, V, FLAG, STOP, ACTORS] = [0, 1, 2, 3, 4, 5, 6];
const [PC, M, KEPT, N, R, SIZE] = [0, 1, 2, 3, 4, 5];

/** Loops are not in each other. */
function flattened(body: readonly Does[]): Flat[] {
  const code: Flat[] = [];
  for (const one of body) {
    if (one.do !== 'loop') code.push(one);
    else {
      const to = code.length;
      code.push(...flattened(one.body), { do: 'round', to });
    }
  }
  return code;
}

export interface SerialTruth {
  /** All states were met; otherwise there may be more of everything. */
  readonly exhausted: boolean;
  readonly rules: ReadonlySet<string>;
  /** What the flag can be at the end. */
  readonly flags: ReadonlySet<number>;
}

export function serialReference({ actors, start, end }: SerialProgram, mostStates: number): SerialTruth {
  const codes = actors.map(({ body }) => flattened(body));
  const rules = new Set<string>();
  const flags = new Set<number>();
  const first: number[] = new Array(ACTORS + SIZE * actors.length).fill(0);
  if (start === 0) first[FLAG] = 1;
  for (const [actor, code] of codes.entries()) {
    const at = ACTORS + SIZE * actor;
    first[at + M] = first[at + KEPT] = first[T] as number;
    first[at + N] = first[V] as number;
    if (actors[actor]?.isEarly !== true) continue;
    const broken = step(first, at, code);
    if (broken !== null) return { exhausted: true, rules: new Set([broken]), flags };
  }
  const seen = new Set([first.join()]);
  const states = [first];
  for (const state of states) {
    let isEnd = true;
    for (const [actor, code] of codes.entries()) {
      const at = ACTORS + SIZE * actor;
      const next = code[state[at + PC] as number];
      if (next === undefined) continue;
      isEnd = false;
      if (next.do === 'awaitBit' && ((state[T] as number) & 2) === 0) continue;
      const to = state.slice();
      const broken = step(to, at, code);
      if (broken !== null) rules.add(broken);
      else if (!seen.has(to.join())) {
        seen.add(to.join());
        states.push(to);
      }
    }
    if (isEnd) {
      flags.add(state[FLAG] as number);
      if (end !== null && state[S] === end) rules.add('X-3');
    }
    if (states.length > mostStates) return { exhausted: false, rules, flags };
  }
  return { exhausted: true, rules, flags };
}

/** An instruction, and then those that belong to its step. */
function step(state: number[], at: number, code: readonly Flat[]): string | null {
  const first = code[state[at + PC] as number] as Flat;
  if (first.do === 'set') state[FLAG] = first.value;
  else if (first.do in simple) simple[first.do as Simple]?.(state, at);
  let broken: string | null = null;
  for (;;) {
    state[at + PC] = (state[at + PC] as number) + 1;
    const one = code[state[at + PC] as number];
    if (one?.do === 'break') {
      if (state[at + R] === one.value) broken ??= one.rule;
    } else if (one?.do === 'round') {
      if (state[STOP] === 1) continue;
      state[at + PC] = one.to;
      break;
    } else break;
  }
  // What the step itself breaks comes before what is looked at when it is through.
  return broken ?? (first.do === 'checkIs' && state[S] === first.value ? 'X-2' : null);
}

type Act = (state: number[], at: number) => void;

/** Moves a word, or of an actor a variable or register. */
const move =
  (to: number, isOwnTo: boolean, from: number, isOwnFrom: boolean, by = 0): Act =>
  (state, at) => {
    state[isOwnTo ? at + to : to] = (state[isOwnFrom ? at + from : from] as number) + by;
  };
const answer =
  (ask: (state: readonly number[], at: number) => boolean): Act =>
  (state, at) => {
    state[at + R] = ask(state, at) ? 1 : 0;
  };
const odd = (value: number | undefined): boolean => ((value as number) & 1) === 1;
const seal: Act = (state) => {
  state[S] = (state[S] as number) | 1;
};

const simple: Readonly<Partial<Record<Simple, Act>>> = {
  seal,
  unseal: move(S, false, S, false, 1),
  sealIf(state, at) {
    if (state[at + R] === 1) seal(state, at);
  },
  count: move(U, false, U, false, 1),
  increase: move(U, false, U, false, 1),
  copy: move(M, true, S, false),
  past: move(M, true, S, false, -1),
  copyOther: move(N, true, U, false),
  leave: move(T, false, M, true),
  fetch: move(M, true, T, false),
  leaveOther: move(V, false, N, true),
  fetchOther: move(N, true, V, false),
  keep: move(KEPT, true, M, true),
  takeUp: move(M, true, KEPT, true),
  isSame: answer((state, at) => state[at + M] === state[S]),
  isLeft: answer((state, at) => state[at + M] === state[T]),
  isKept: answer((state, at) => state[at + M] === state[at + KEPT]),
  isOther: answer((state, at) => state[at + N] === state[U]),
  isOtherLeft: answer((state, at) => state[at + N] === state[V]),
  isOdd: answer((state) => odd(state[S])),
  isCopyOdd: answer((state, at) => odd(state[at + M])),
  put: move(FLAG, false, R, true),
  look: move(R, true, FLAG, false),
  stop(state) {
    state[STOP] = 1;
  },
  isThird: answer((state) => (state[S] as number) % 3 === 0),
  isCopyThird: answer((state, at) => (state[at + M] as number) % 3 === 0),
  isOtherOdd: answer((state) => odd(state[U])),
  isMixed: answer((state, at) => state[at + N] === state[S]),
  countCopy: move(T, false, T, false, 1),
  end(state) {
    state[S] = -1;
  },
  beginAgain(state) {
    state[S] = 0;
  },
  release(state) {
    state[T] = -1;
  },
};
