/** What every racing thread does besides its operations: begin together with the others, wait until something is due. */
import { add, load, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Header } from '../../arena/structures.ts';

/** Start barrier: the last to arrive opens the gate. The engine has made sure that all parties have a thread. */
export function arrive(arena: Arena, parties: number): void {
  if (add(arena, Header.gate, 1) === parties - 1) {
    store(arena, Header.gate, -1);
    Atomics.notify(arena.words, Header.gate);
  }
  for (let seen = load(arena, Header.gate); seen !== -1 && load(arena, Header.stop) === 0; seen = load(arena, Header.gate)) {
    Atomics.wait(arena.words, Header.gate, seen, 50);
  }
}

/** Sleeps until `due` (of performance.now), in short slices so that a stop or a pause is heard. False when it was. */
export function sleepUntil(arena: Arena, due: number): boolean {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    if (load(arena, Header.stop) !== 0 || load(arena, Header.pauseRequest) !== 0) return false;
    if (left > 0.3) Atomics.wait(arena.words, Header.stop, 0, Math.min(left - 0.2, 20));
  }
  return true;
}
