/** mm_count and mm_users: the structure exists, the address space is in use. */
import { add, cas, get, increase, load } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { deref, poolFree } from '../arena/pool.ts';
import { Mm, Subscriptions } from '../arena/structures.ts';
import { Violation } from '../arena/violation.ts';

/**
 * mmgrab: keeps the structure, not the address space.
 *
 * @kernel include/linux/sched/mm.h mmgrab
 */
export function mmgrab(arena: Arena, mm: Mm): void {
  increase(arena, mm + Mm.count, 1);
}

/**
 * mmdrop: the last one frees the subscriptions object and the mm.
 *
 * @kernel include/linux/sched/mm.h mmdrop
 */
export function mmdrop(arena: Arena, mm: Mm): void {
  const left = add(arena, mm + Mm.count, -1) - 1;
  if (left < 0) throw new Violation('I-REF', `mm_count of mm ${mm} fell below 0`);
  if (left > 0) return;
  const handle = load(arena, mm + Mm.subscriptions);
  if (handle !== 0) {
    const subs = deref(arena, arena.pools.subscriptions, handle);
    if (get(arena, subs + Subscriptions.list) !== 0)
      throw new Violation('I-UAF', `mm ${mm} is destroyed with notifiers on its list`);
    if (get(arena, subs + Subscriptions.active) !== 0)
      throw new Violation('I-PAIR', `mm ${mm} is destroyed inside an invalidation`);
    poolFree(arena, arena.pools.subscriptions, subs);
  }
  poolFree(arena, arena.pools.mm, mm);
}

/**
 * mmget: keeps the address space. The caller must hold a user already.
 *
 * @kernel include/linux/sched/mm.h mmget
 */
export function mmget(arena: Arena, mm: Mm): void {
  increase(arena, mm + Mm.users, 1);
}

/**
 * mmget_not_zero: false once exit has begun.
 *
 * @kernel include/linux/sched/mm.h mmget_not_zero
 */
export function mmgetNotZero(arena: Arena, mm: Mm): boolean {
  for (;;) {
    const users = get(arena, mm + Mm.users);
    if (users === 0) return false;
    if (cas(arena, mm + Mm.users, users, users + 1) === users) return true;
  }
}
