/**
 * Interleavings that are made. Threads that get no cores of their own take turns of milliseconds, and an operation is over long
 * before the next thread runs: nobody ever meets anybody. So the engine shakes them: at a random point now and then an actor
 * goes to sleep where it stands, inside whatever window that is, and the others run.
 *
 * What is found then is as wrong as ever: any thread may be interrupted anywhere. What is measured then is the sleep.
 */
import type { Arena } from '../../arena/arena.ts';
import { Header } from '../../arena/structures.ts';

/**
 * At one point in so many an actor sleeps. More often, and nearly all of them sleep at any time, and too little is done; more rarely,
 * and fewer windows are hit. In between the number of hits hardly depends on it.
 */
const ONE_IN = 1000;
/** Longest sleep. The shortest that the system knows is about 0.08 ms; the others need about as long for a few operations. */
const LONGEST_MS = 0.5;

/** How it is done, for the result. */
export const shakingFacts = { probability: 1 / ONE_IN, microseconds: 1000 * LONGEST_MS } as const;

/** The word that all actors look at; 0: nobody is shaken. */
export const makeShaking = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

export const isShaking = (word: Int32Array): boolean => word[0] !== 0;

export const shake = (word: SharedArrayBuffer): void => void Atomics.store(new Int32Array(word), 0, 1);

/** Perhaps a sleep, which gives the core away. A stop ends it. */
export function nap(arena: Arena, random: () => number): void {
  if (random() < 1 / ONE_IN) Atomics.wait(arena.words, Header.stop, 0, random() * LONGEST_MS);
}
