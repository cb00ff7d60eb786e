/** Tells deadlock, livelock, starvation and dead workers apart, and names who holds what. */
import { operationName } from '../../actors/roles.ts';
import { get, load } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { describeWord, holdersOf } from '../shared/waitsFor.ts';
import { advance } from './counterTotals.ts';
import { recentPoints } from './pauseHook.ts';
import type { ActorLog, RaceViolation } from './types.ts';

/** Points an actor passes without coming to the end of its operation before it counts as busy. */
const BUSY_POINTS = 1000;

interface Seen {
  progress: number;
  /** The word that counts points, as it was last seen. It wraps around. */
  points: number;
  /** When progress was last seen to change. */
  since: number;
  /** Points passed since then. */
  passed: number;
}

const recordOf = (arena: Arena, id: number): number => arena.actors + id * Actor.shape.size;

/** `cpu0 (in cpuRead, holds mmapLock) waits for the lock of page 7, held by migrator0`. */
export function describeActor(arena: Arena, names: readonly string[], id: number): string {
  const actor = recordOf(arena, id);
  const held = heldLocks(arena, actor);
  const word = get(arena, actor + Actor.waitWord);
  const { what, owner } = word === 0 ? { what: '', owner: -1 } : describeWord(arena, word);
  const by = owner >= 0 && owner < names.length ? `, held by ${names[owner]}` : '';
  const waits = word === 0 ? 'runs' : `waits for ${what}${by}`;
  return `${names[id]} (in ${operationName(get(arena, actor + Actor.operation))}${held.length > 0 ? `, holds ${held.join(', ')}` : ''}) ${waits}`;
}

/** What the record of an actor says. */
export function actorLog(arena: Arena, names: readonly string[], id: number): ActorLog {
  const actor = recordOf(arena, id);
  return {
    actor: names[id] ?? `actor ${id}`,
    operation: operationName(get(arena, actor + Actor.operation)),
    points: recentPoints(arena.words, actor),
    held: heldLocks(arena, actor),
  };
}

/** A violation about one actor. */
export const actorViolation = (
  arena: Arena,
  names: readonly string[],
  id: number,
  rule: string,
  message: string,
): RaceViolation => ({ rule, message, ...actorLog(arena, names, id) });

export class Watchdog {
  readonly #arena: Arena;
  readonly #names: readonly string[];
  readonly #limitMs: number;
  readonly #seen: Seen[];

  constructor(arena: Arena, names: readonly string[], limitSeconds: number) {
    this.#arena = arena;
    this.#names = names;
    this.#limitMs = limitSeconds * 1000;
    this.#seen = names.map(() => ({ progress: -1, points: 0, since: performance.now(), passed: 0 }));
  }

  /** Forgets what it has seen: after a pause in which nobody could make progress. */
  reset(): void {
    for (const seen of this.#seen) seen.since = performance.now();
  }

  /** To be called a few times a second. The first actor that has been stuck for longer than `limitMs`, with the reason. */
  check(now = performance.now(), limitMs = this.#limitMs): RaceViolation | null {
    const arena = this.#arena;
    const stuck: number[] = [];
    let moving = 0;
    this.#seen.forEach((seen, id) => {
      const actor = recordOf(arena, id);
      if (load(arena, actor + Actor.state) !== ActorState.running) return;
      const progress = get(arena, actor + Actor.progress);
      const points = get(arena, actor + Actor.recentAt);
      if (progress !== seen.progress || get(arena, actor + Actor.operation) === 0) {
        Object.assign(seen, { progress, points, since: now, passed: 0 });
        moving++;
        return;
      }
      seen.passed += advance(seen.points, points);
      seen.points = points;
      if (now - seen.since >= limitMs) stuck.push(id);
    });
    if (stuck.length === 0) return null;
    // Others may wait for one that goes round and round: it is the reason, whoever has waited for longest.
    const round = this.#seen.findIndex((seen, id) => now - seen.since >= limitMs / 2 && this.#isBusy(id, seen));
    return this.#verdict(
      round === -1 ? (stuck[0] as number) : round,
      [...new Set([...stuck, ...(round === -1 ? [] : [round])])],
      moving,
      now,
    );
  }

  #verdict(first: number, stuck: readonly number[], moving: number, now: number): RaceViolation {
    const arena = this.#arena;
    const seen = this.#seen[first] as Seen;
    const seconds = ((now - seen.since) / 1000).toFixed(1);
    const kind = this.#kind(first, seen, moving);
    const rule = kind === 'deadlock' ? 'I-DEAD' : 'I-PROG';
    const all = stuck.map((id) => describeActor(arena, this.#names, id)).join('; ');
    return actorViolation(arena, this.#names, first, rule, `${kind}: no progress for ${seconds} s: ${all}`);
  }

  #kind(id: number, seen: Seen, moving: number): 'deadlock' | 'livelock' | 'starvation' | 'lost wake-up' {
    const arena = this.#arena;
    const actor = recordOf(arena, id);
    const word = get(arena, actor + Actor.waitWord);
    if (word === 0 || this.#isBusy(id, seen)) return 'livelock';
    if (load(arena, word) !== get(arena, actor + Actor.waitValue)) return 'lost wake-up';
    return this.#inCycle(id) || moving === 0 ? 'deadlock' : 'starvation';
  }

  /** It runs, and passes points, and comes to no end. */
  #isBusy(id: number, { passed }: Seen): boolean {
    return load(this.#arena, recordOf(this.#arena, id) + Actor.state) === ActorState.running && passed > BUSY_POINTS;
  }

  /** Does the chain of "waits for what another holds" from `id` come back to it, or end at an actor that is gone? */
  #inCycle(id: number): boolean {
    const arena = this.#arena;
    const seen = new Set<number>();
    const pending = [id];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      if (load(arena, recordOf(arena, at) + Actor.state) === ActorState.failed) return true;
      const word = get(arena, recordOf(arena, at) + Actor.waitWord);
      if (word === 0) continue;
      for (const holder of holdersOf(arena, this.#names.length, word)) {
        if (holder === id && at !== id) return true;
        pending.push(holder);
      }
    }
    return false;
  }
}
