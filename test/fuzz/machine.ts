/**
 * Runs programs one step at a time, by itself: a step is everything between two points. It means the same by locks and waits as the
 * model, and has none of its code.
 */
import { type Code, compiled, type Loop } from './code.ts';
import {
  Broken,
  breaks,
  checkDown,
  checkOrder,
  checkUnlock,
  checkUp,
  enter,
  holdsAny,
  leave,
  mayEnter,
  OWNERS,
  Place,
  placeOf,
  type State,
  sizeOf,
  take,
  tryEnter,
} from './locks.ts';
import { type Actors, actorsOf, FRAME_WORD, looksAtCounters, type Program, REGISTERS, RWSEM, WORDS } from './program.ts';

export type { State } from './locks.ts';

/** How an execution ends: the rule that is broken, or null. `kind` says why nobody can go on. */
export interface End {
  readonly rule: string | null;
  readonly kind?: 'deadlock' | 'lost wake-up';
}

const PER_OPERATION = [
  Place.pc,
  Place.wait,
  Place.registers,
  Place.registers + 1,
  Place.saved,
  Place.saved + 1,
  Place.round,
  Place.pad,
];

export class Machine {
  readonly count: number;
  readonly initial: State;
  /** The rule that an actor breaks before its first point, if one does. */
  readonly failed: string | null;
  /** Locks that the last step has taken and would have waited for, a bit each. */
  taken = 0;
  readonly #program: Program;
  readonly #scripts: readonly Actors[];
  readonly #code: readonly (readonly (readonly Code[])[])[];
  readonly #counts: boolean;
  /** The state of the step under way, and the place of its actor in it. */
  #state: State = [];
  #at = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#scripts = actorsOf(program).map(({ script }) => script);
    this.#code = this.#scripts.map(({ operations }) => operations.map((operation) => compiled(operation)));
    this.#counts = looksAtCounters(program);
    this.count = this.#scripts.length;
    this.initial = new Array<number>(sizeOf(this.count)).fill(0);
    for (const [word, value] of program.words.entries()) this.initial[word] = value;
    let failed: string | null = null;
    for (let actor = 0; actor < this.count && failed === null; actor++) {
      this.initial[placeOf(actor) + Place.fresh] = 1;
      failed = this.#run(this.initial, actor);
    }
    this.failed = failed;
  }

  isBackground(actor: number): boolean {
    return (this.#scripts[actor] as Actors).background;
  }

  #codeAt(state: State, actor: number, ahead = 0): Code | undefined {
    const at = placeOf(actor);
    return this.#code[actor]?.[state[at + Place.operation] as number]?.[(state[at + Place.pc] as number) + ahead];
  }

  #isDone(state: State, actor: number): boolean {
    return state[placeOf(actor) + Place.operation] === this.#code[actor]?.length;
  }

  /** Is everybody done, those in the background apart? */
  #isOver(state: State): boolean {
    for (let actor = 0; actor < this.count; actor++) {
      if (!this.isBackground(actor) && !this.#isDone(state, actor)) return false;
    }
    return true;
  }

  canRun(state: State, actor: number): boolean {
    const at = placeOf(actor);
    if (this.#isDone(state, actor) || state[at + Place.wait] === 1) return false;
    const code = this.#codeAt(state, actor) as Code;
    if (code.do === 'waitUntil' && ((state[code.word] as number) & code.mask) !== code.value) return false;
    // One in the background is over at the beginning of its operations, when nobody else is left.
    return !(state[at + Place.fresh] === 1 && this.isBackground(actor) && this.#isOver(state));
  }

  /** The lock that the actor wants, by an operation that waits for it, and would get now; as a bit, 0 for none. */
  couldTake(state: State, actor: number): number {
    const code = this.#codeAt(state, actor);
    const wanted = code?.do === 'point' ? this.#codeAt(state, actor, 1) : code;
    if (wanted?.do === 'take') return state[OWNERS + wanted.lock] === 0 ? 1 << wanted.lock : 0;
    return wanted?.do === 'enter' && mayEnter(state, wanted.write) ? 1 << RWSEM : 0;
  }

  /** Makes a step in `state`. Returns the rule it breaks, or null. */
  step(state: State, actor: number): string | null {
    const at = placeOf(actor);
    const code = this.#codeAt(state, actor);
    this.taken = 0;
    state[at + Place.fresh] = 0;
    if (code?.do === 'point' || code?.do === 'waitUntil') state[at + Place.pc] = (state[at + Place.pc] as number) + 1;
    return this.#run(state, actor);
  }

  /** Runs an actor to its next point. What is to be looked at after the step is looked at then. */
  #run(state: State, actor: number): string | null {
    this.#state = state;
    this.#at = placeOf(actor);
    const watched: Extract<Code, { readonly do: 'watch' }>[] = [];
    try {
      while (!this.#isDone(state, actor)) {
        const code = this.#codeAt(state, actor);
        if (code?.do === 'point' || code?.do === 'waitUntil') break;
        if (code?.do === 'watch') watched.push(code);
        const again = code?.do === 'again' && this.#register(code.from) === code.value;
        if (code === undefined || again) this.#endOperation(actor, again);
        else if (this.#execute(code, actor)) state[this.#at + Place.pc] = (state[this.#at + Place.pc] as number) + 1;
        else break;
      }
      for (const { word, value, rule } of watched) if (state[word] === value) breaks(rule);
    } catch (error) {
      if (error instanceof Broken) return error.rule;
      throw error;
    }
    return null;
  }

  #endOperation(actor: number, again: boolean): void {
    const [state, at] = [this.#state, this.#at];
    if (holdsAny(state, actor)) breaks('I-LOCK');
    for (const place of PER_OPERATION) state[at + place] = 0;
    const next = (state[at + Place.operation] as number) + (again ? 0 : 1);
    const wraps = this.isBackground(actor) && next === this.#code[actor]?.length;
    state[at + Place.operation] = wraps ? 0 : next;
    state[at + Place.fresh] = state[at + Place.operation] === 0 ? 1 : 0;
  }

  #register(number: number): number {
    return this.#state[this.#at + Place.registers + number] as number;
  }

  #to(register: number, value: number): void {
    this.#state[this.#at + Place.registers + register] = value;
  }

  /** Everybody who waits at such an instruction may go on. */
  #wake(waitsHere: (code: Code) => boolean): void {
    for (let actor = 0; actor < this.count; actor++) {
      const wait = placeOf(actor) + Place.wait;
      if (this.#state[wait] === 1 && waitsHere(this.#codeAt(this.#state, actor) as Code)) this.#state[wait] = 2;
    }
  }

  /** The actor has got what it may have waited for, or begins to wait. */
  #got(isThere: boolean, lock = 0): boolean {
    this.#state[this.#at + Place.wait] = isThere ? 0 : 1;
    if (isThere) this.taken |= lock;
    return isThere;
  }

  /** False: the actor stays where it is, at a point. */
  #execute(code: Code, actor: number): boolean {
    const [state, at] = [this.#state, this.#at];
    const old = 'word' in code ? (state[code.word] as number) : 0;
    switch (code.do) {
      case 'load':
        this.#to(code.to, old);
        return true;
      case 'store':
        state[code.word] = code.value;
        return true;
      case 'put':
        state[code.word] = this.#register(code.from);
        return true;
      case 'increase':
        state[code.word] = old + code.value;
        return true;
      case 'add':
      case 'xchg':
      case 'or':
      case 'and':
        this.#to(code.to, old);
        state[code.word] = { add: old + code.value, xchg: code.value, or: old | code.value, and: old & code.value }[code.do];
        return true;
      case 'cas':
        this.#to(code.to, old);
        if (old === code.expected) state[code.word] = code.value;
        return true;
      case 'checkLock':
        checkOrder(state, actor, code.lock);
        return true;
      case 'take':
        if (state[OWNERS + code.lock] === actor + 1) breaks('I-DEAD');
        return this.#got(take(state, actor, code.lock), 1 << code.lock);
      case 'try':
        this.#to(code.to, take(state, actor, code.lock) ? 1 : 0);
        return true;
      case 'checkUnlock':
        checkUnlock(state, actor, code.lock);
        return true;
      case 'release':
        state[OWNERS + code.lock] = 0;
        this.#wake((other) => other.do === 'take' && other.lock === code.lock);
        return true;
      case 'checkDown':
        checkDown(state, actor, code.write);
        return true;
      case 'enter':
        return this.#got(enter(state, actor, code.write), 1 << RWSEM);
      case 'tryRead':
        this.#to(code.to, tryEnter(state, actor) ? 1 : 0);
        return true;
      case 'checkUp':
        checkUp(state, actor, code.write, code.keeps);
        return true;
      case 'leave':
        if (leave(state, code.write, code.keeps)) this.#wake((other) => other.do === 'enter');
        return true;
      case 'waitWhile':
        return this.#got(old !== code.value);
      case 'wake':
        this.#wake((other) => other.do === 'waitWhile' && other.word === code.word);
        return true;
      case 'pad': {
        const made = state[at + Place.pad] as number;
        state[at + Place.pad] = made < code.steps ? made + 1 : 0;
        return made === code.steps;
      }
      case 'keep':
        state[at + Place.kept + code.place] = this.#register(code.from);
        return true;
      case 'recall':
        this.#to(code.to, state[at + Place.kept + code.place] as number);
        return true;
      case 'count':
        if (this.#counts) state[at + Place.counted + code.counter] = (state[at + Place.counted + code.counter] as number) + 1;
        return true;
      case 'counted':
        this.#to(code.to, state[placeOf((code.actor ?? actor) % this.count) + Place.counted + code.counter] as number);
        return true;
      case 'slot':
        state[actor % FRAME_WORD] = code.value;
        return true;
      case 'window':
        state[at + Place.window] = code.value;
        return true;
      case 'peek':
        this.#to(code.to, state[placeOf((code.actor ?? actor) % this.count) + Place.window] as number);
        return true;
      case 'check':
        if (this.#register(code.from) === code.value) breaks(code.rule);
        return true;
      case 'begin':
        for (let i = 0; i < REGISTERS; i++) state[at + Place.saved + i] = this.#register(i);
        return true;
      case 'unless':
        if (this.#register(code.from) !== code.value) state[at + Place.pc] = code.to - 1;
        return true;
      case 'back':
        this.#endRound(code.loop, code.to);
        return true;
      default:
        return true;
    }
  }

  #endRound({ from, value, most, forget }: Loop, to: number): void {
    const [state, at] = [this.#state, this.#at];
    const round = (state[at + Place.round] as number) + 1;
    if (this.#register(from) === value && (most === 0 || round < most)) {
      if (most > 0) state[at + Place.round] = round;
      if (forget) for (let i = 0; i < REGISTERS; i++) this.#to(i, state[at + Place.saved + i] as number);
      state[at + Place.pc] = to - 1;
    } else for (const place of [Place.saved, Place.saved + 1, Place.round]) state[at + place] = 0;
  }

  /** What is to be said of a state in which nobody can run. */
  end(state: State): End {
    if (!this.#isOver(state)) {
      const isForgotten = (_: Actors, actor: number): boolean =>
        state[placeOf(actor) + Place.wait] === 1 && this.#couldGoOn(state, actor);
      const isLost = this.#scripts.some(isForgotten) && !this.#waitInCircle(state);
      return { rule: 'I-DEAD', kind: isLost ? 'lost wake-up' : 'deadlock' };
    }
    for (const { of, actor, place, value, rule } of this.#program.checks) {
      const at = placeOf(actor % this.count);
      const found = state[of === 'word' ? place : of === 'window' ? at + Place.window : at + Place.counted + place];
      if (found === value) return { rule };
    }
    return { rule: null };
  }

  /** Has come what it waits for? */
  #couldGoOn(state: State, actor: number): boolean {
    const code = this.#codeAt(state, actor) as Code;
    return code.do === 'waitWhile' ? state[code.word] !== code.value : this.couldTake(state, actor) !== 0;
  }

  /** Do some wait for locks that they hold, each for that of the next one? A wake-up would not help them. */
  #waitInCircle(state: State): boolean {
    const all = [...this.#scripts.keys()];
    const holders = (actor: number): number[] => {
      const code = this.#codeAt(state, actor);
      const lock = code?.do === 'take' ? code.lock : code?.do === 'enter' ? RWSEM : -1;
      return lock === -1 ? [] : all.filter((other) => (state[placeOf(other) + Place.held + lock] as number) > 0);
    };
    return all.some((actor) => {
      const met = new Set(holders(actor));
      for (const one of met) for (const other of holders(one)) met.add(other);
      return met.has(actor);
    });
  }

  /** The shared words, as one text. */
  memory(state: State): string {
    return state.slice(0, WORDS).join(' ');
  }
}
