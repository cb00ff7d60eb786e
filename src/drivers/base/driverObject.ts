/** Objects that the threads of a driver share: counted references, and a handle that catches a use after the last one. */

import { add, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { DriverObject } from '../../arena/structures.ts';
import type { Handle } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';

/** kref_init: the handle of a new object with one reference. @throws Violation when there is no room. */
export function objectAlloc(arena: Arena): Handle<'driverObject'> {
  const at = poolAlloc(arena, arena.pools.driverObject);
  if (at === 0) throw new Violation('I-QUIET', 'the pool of driver objects is empty: they leak');
  store(arena, at + DriverObject.refs, 1);
  return handleOf(arena, arena.pools.driverObject, at);
}

/** Looks at the object: it must be live. */
export function objectUse(arena: Arena, handle: Handle<'driverObject'>): void {
  deref(arena, arena.pools.driverObject, handle);
}

/** kref_put: the last reference frees the object. */
export function objectPut(arena: Arena, handle: Handle<'driverObject'>): void {
  const at = deref(arena, arena.pools.driverObject, handle);
  const left = add(arena, at + DriverObject.refs, -1) - 1;
  if (left < 0) throw new Violation('I-REF', `the references of driver object ${handle} fell below 0`);
  if (left === 0) poolFree(arena, arena.pools.driverObject, at);
}
