/**
 * Accesses to memory, and translation look-aside buffers.
 *
 * In hardware a store that is under way finishes before a TLB shoot-down returns. A model that walks the page table and
 * then writes the frame loses that guarantee. So every agent announces an access before it translates (through its TLB)
 * and reads or writes the frame, and says when it has ended; a flush returns only when every access that began before it
 * has ended. Nobody waits inside an access, so a flush waits for a few hundred nanoseconds, or for a preempted thread.
 *
 * CPUs and devices have a TLB each: {@link CPU} and {@link DEVICE}. A flush says first that all that is in it is dead; its owner
 * empties it before it fills it again. So an entry filled by an older access is never used. Nothing counts up: where two that need
 * each other's pages take turns for ever, an explorer comes back to the same states.
 */

import { cas, fill, forgetSince, get, increase, load, observed, overActors, set, store, xchg } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { isSame, serialGet, serialSet } from '../../arena/serials.ts';
import { Actor, ActorState, Header, type Mirror, type Mm, TLB_ENTRIES, TLB_WORDS } from '../../arena/structures.ts';
import type { Vpn, Word } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { waitWhile, wake } from '../../sync/wait.ts';

export const CPU = 0;
export const DEVICE = 1;

/** The word of an access: 0 while there is none; {@link BEGUN}, with {@link AWAITED} once a flush waits for its end. */
const BEGUN = 1;
const AWAITED = 2;

const SPACE = 0;
const VPN = 1;
const ENTRY = 2;
const PAGE_GENERATION = 3;

/** Announces an access. Pairs with the load in {@link flushTlb}: either the flush sees the access, or the access sees its change. */
export function beginAccess(task: Task, kind: number): void {
  store(task.arena, task.actor + Actor.access + kind, BEGUN);
}

/** Ends the access, and wakes the flush that waits for it. Pairs with the compare-and-swap that marks it in {@link flushTlb}. */
export function endAccess(task: Task, kind: number): void {
  end(task.arena, task.actor, kind);
}

function end(arena: Arena, actor: Actor, kind: number): void {
  if ((xchg(arena, actor + Actor.access + kind, 0) & AWAITED) !== 0) countOff(arena, kind);
}

function countOff(arena: Arena, kind: number): void {
  increase(arena, Header.accessesAwaited + kind, -1);
  wake(arena, Header.accessesAwaited + kind);
}

const slotOf = (task: Task, kind: number, vpn: Vpn): number =>
  task.actor + Actor.tlb + (kind * TLB_ENTRIES + (vpn % TLB_ENTRIES)) * TLB_WORDS;

/**
 * The cached translation of `vpn` in `space` (address of the mm or of the mirror), or 0. Inside an access.
 *
 * @throws Violation I-TLB when the cached page was freed since: somebody forgot a flush.
 */
export function tlbLookup(task: Task, kind: number, space: Mm | Mirror, vpn: Vpn): number {
  const { arena } = task;
  const slot = slotOf(task, kind, vpn);
  if (get(arena, slot + SPACE) !== space || get(arena, slot + VPN) !== vpn) return 0;
  if (load(arena, task.actor + Actor.tlbLive + kind) === 0) return 0;
  const entry = get(arena, slot + ENTRY);
  if (!isSame(serialGet(arena, arena.page.generation + (entry >>> 12)), serialGet(arena, slot + PAGE_GENERATION))) {
    throw new Violation('I-TLB', `actor ${task.id} has page ${entry >>> 12} of address page ${vpn} in its TLB, and it was freed`);
  }
  return entry;
}

/** Takes the TLB entry for `vpn` in `space`; what it held is gone. For {@link tlbFill}. */
export function tlbTake(task: Task, kind: number, space: Mm | Mirror, vpn: Vpn): Word {
  const { arena } = task;
  const slot = slotOf(task, kind, vpn);
  set(arena, slot + SPACE, space);
  set(arena, slot + VPN, vpn);
  return slot;
}

/** Remembers a translation made in the current access; {@link tlbRevive} came before the walk. */
export function tlbFill(task: Task, slot: Word, entry: number): void {
  const { arena } = task;
  set(arena, slot + ENTRY, entry);
  serialSet(arena, slot + PAGE_GENERATION, serialGet(arena, arena.page.generation + (entry >>> 12)));
}

/**
 * Makes the task's own TLB fit to be filled, by a walk that begins after this: it is emptied if it is dead. A flush that comes later
 * kills what the walk will put in.
 */
export function tlbRevive(task: Task, kind: number): void {
  const { arena } = task;
  const live = task.actor + Actor.tlbLive + kind;
  if (load(arena, live) !== 0) return;
  const first = task.actor + Actor.tlb + kind * TLB_ENTRIES * TLB_WORDS;
  fill(arena, 0, first, first + TLB_ENTRIES * TLB_WORDS);
  store(arena, live, 1);
}

/**
 * The flush of one kind: of the CPUs for flush.ts, and the device's twin. Call after the entries were changed; when it returns no agent
 * holds or uses an older translation. Legal under a spin lock. It flushes every agent and every page, which hardware is free to do.
 */
export function* flushTlb(task: Task, kind: number): Steps<void> {
  yield kind === CPU ? Point.flushTlb : Point.flushDeviceTlb;
  if (shootDown(task, kind)) yield* awaitAccesses(task, kind);
}

/** Kills all translations made so far, and marks the accesses of others that are under way; returns whether there is one. */
function shootDown(task: Task, kind: number): boolean {
  const { arena } = task;
  const mark = observed();
  let underWay = false;
  overActors(true);
  for (let id = 0; id < arena.config.actors; id++) {
    const actor = arena.actors + id * Actor.shape.size;
    if (get(arena, actor + Actor.state) === ActorState.absent) continue;
    const live = actor + Actor.tlbLive + kind;
    if (load(arena, live) !== 0) store(arena, live, 0);
    if (actor !== task.actor && awaits(arena, actor, kind)) underWay = true;
  }
  overActors(false);
  forgetSince(mark);
  return underWay;
}

/** Marks the access of an actor, if one is under way. */
function awaits(arena: Arena, actor: Actor, kind: number): boolean {
  const access = actor + Actor.access + kind;
  const before = load(arena, access);
  if (before !== BEGUN) return before !== 0;
  // It counts before it is marked, so that whoever ends it can count it off.
  increase(arena, Header.accessesAwaited + kind, 1);
  const found = cas(arena, access, BEGUN, BEGUN | AWAITED);
  if (found !== BEGUN) countOff(arena, kind);
  return found !== 0;
}

/**
 * Waits until no access is marked. An access that begins later is younger than the flush, and not marked; another flush may mark it,
 * and then this one waits for it, too, which does no harm, as no access lasts.
 */
function* awaitAccesses(task: Task, kind: number): Steps<void> {
  const { arena } = task;
  for (;;) {
    const mark = observed();
    const awaited = load(arena, Header.accessesAwaited + kind);
    forgetSince(mark);
    if (awaited === 0) return;
    yield* waitWhile(task, Header.accessesAwaited + kind, awaited);
  }
}

/** Calls `visit` for every translation of `space` that an agent could still use. For checks at rest. */
export function forEachTranslation(
  arena: Arena,
  kind: number,
  space: Mm | Mirror,
  visit: (vpn: Vpn, entry: number) => void,
): void {
  overActors(true);
  for (let id = 0; id < arena.config.actors; id++) {
    const actor = arena.actors + id * Actor.shape.size;
    if (get(arena, actor + Actor.state) === ActorState.absent || load(arena, actor + Actor.tlbLive + kind) === 0) continue;
    const first = actor + Actor.tlb + kind * TLB_ENTRIES * TLB_WORDS;
    for (let slot = first; slot < first + TLB_ENTRIES * TLB_WORDS; slot += TLB_WORDS) {
      if (get(arena, slot + SPACE) === space) visit(get(arena, slot + VPN), get(arena, slot + ENTRY));
    }
  }
  overActors(false);
}

/** An access that never ends would stop every flush; called when an actor ends. */
export function abandonAccesses(arena: Arena, actor: Actor): void {
  for (const kind of [CPU, DEVICE]) end(arena, actor, kind);
}
