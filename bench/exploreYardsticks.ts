/** What the explorer is measured against: two small programs for mini-hmm alone, written by hand, without trace or oracles. */
import { Xorshift } from '../src/engines/explore/sampling/scheduler.ts';

const FREE = -1;
/** What a generator yields: it can go on, or it waits for the lock. */
const RUNS = 0;
const BLOCKED = 1;
const TRIES = 20;

interface World {
  seq: number;
  pte: number;
  dev: number;
  lock: number;
}

type Steps = Generator<number, void, void>;

function* faulter(world: World, id: number): Steps {
  for (let tries = 0; tries < TRIES; tries++) {
    yield RUNS;
    const { seq } = world;
    if ((seq & 1) !== 0) {
      yield RUNS;
      continue;
    }
    yield RUNS;
    const { pte } = world;
    yield RUNS;
    while (world.lock !== FREE) yield BLOCKED;
    world.lock = id;
    yield RUNS;
    const stale = world.seq !== seq;
    if (stale) yield RUNS;
    else world.dev = pte;
    yield RUNS;
    world.lock = FREE;
    if (!stale) return;
  }
}

function* invalidator(world: World, id: number, times: number): Steps {
  for (let i = 0; i < times; i++) {
    yield RUNS;
    world.seq++;
    yield RUNS;
    while (world.lock !== FREE) yield BLOCKED;
    world.lock = id;
    world.dev = 0;
    yield RUNS;
    world.lock = FREE;
    yield RUNS;
    world.pte = 2 + i;
    yield RUNS;
    world.seq++;
  }
}

/** Runs executions under random choices: plain generators, nothing recorded. */
export function generatorSchedules(times: number, faulters: number, invalidations: number): void {
  const random = new Xorshift(7);
  for (let run = 0; run < times; run++) {
    const world: World = { seq: 0, pte: 1, dev: 0, lock: FREE };
    const actors: Steps[] = [];
    for (let id = 0; id < faulters; id++) actors.push(faulter(world, id));
    actors.push(invalidator(world, faulters, invalidations));
    schedule(world, actors, random);
    if (world.dev !== 0 && world.dev !== world.pte) throw new Error('the yardstick has the bug that mini-hmm has not');
  }
}

function schedule(world: World, actors: Steps[], random: Xorshift): void {
  let left = actors.length;
  const state = new Int8Array(left);
  while (left > 0) {
    let runnable = 0;
    for (let i = 0; i < left; i++) if (state[i] !== BLOCKED || world.lock === FREE) runnable++;
    let nth = random.below(runnable);
    let chosen = 0;
    for (; ; chosen++) if ((state[chosen] !== BLOCKED || world.lock === FREE) && nth-- === 0) break;
    const step = (actors[chosen] as Steps).next();
    if (!step.done) {
      state[chosen] = step.value;
      continue;
    }
    left--;
    actors[chosen] = actors[left] as Steps;
    state[chosen] = state[left] as number;
    actors.pop();
  }
}

/** Words of a state: seq, pte, dev, lock, then a place and two values for each faulter, then the invalidator's place. */
const FAULTER = 4;
const PER_FAULTER = 3;
const ROUND = 5;

/**
 * Counts the states of mini-hmm with so many faulters and invalidations: program counters and locals in an array, a set of
 * strings for what was seen, breadth first.
 */
export function explicitStates(faulters: number, invalidations: number): number {
  const inv = FAULTER + PER_FAULTER * faulters;
  const first = new Uint8Array(inv + 1);
  first[1] = 1;
  const keyOf = (state: Uint8Array): string => String.fromCharCode(...state);
  const seen = new Set([keyOf(first)]);
  let front: Uint8Array[] = [first];
  while (front.length > 0) {
    const next: Uint8Array[] = [];
    for (const state of front) {
      for (let actor = 0; actor <= faulters; actor++) {
        const made = actor < faulters ? faulterStep(state, actor) : invalidatorStep(state, inv, invalidations);
        if (made === null) continue;
        const key = keyOf(made);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push(made);
      }
    }
    front = next;
  }
  return seen.size;
}

function faulterStep(state: Uint8Array, actor: number): Uint8Array | null {
  const at = FAULTER + PER_FAULTER * actor;
  const [seq, pte, , lock] = state as unknown as [number, number, number, number];
  const place = state[at] as number;
  if (place === 5 || (place === 0 && (seq & 1) !== 0) || (place === 2 && lock !== 0)) return null;
  const made = state.slice();
  made[at] = place + 1;
  if (place === 0) made[at + 1] = seq;
  else if (place === 1) made[at + 2] = pte;
  else if (place === 2) made[3] = actor + 1;
  else if (place === 3) {
    if (state[at + 1] === seq) return made;
    made.fill(0, at, at + PER_FAULTER);
    made[3] = 0;
  } else {
    made[2] = state[at + 2] as number;
    made[3] = 0;
    made.fill(0, at + 1, at + PER_FAULTER);
  }
  return made;
}

function invalidatorStep(state: Uint8Array, at: number, invalidations: number): Uint8Array | null {
  const place = state[at] as number;
  const part = place % ROUND;
  if (place === ROUND * invalidations || (part === 1 && state[3] !== 0)) return null;
  const made = state.slice();
  made[at] = place + 1;
  if (part === 0 || part === 4) made[0] = (state[0] as number) + 1;
  else if (part === 1) made[3] = 0xff;
  else if (part === 2) {
    made[2] = 0;
    made[3] = 0;
  } else made[1] = 2 + (place - part) / ROUND;
  return made;
}
