import type { Flavour } from '../arena/units.ts';

/** Lock classes (lockdep), outermost first in the order the kernel nests them. The index is the bit in the order graph. */
export interface LockClassInfo {
  readonly name: string;
  readonly kind: 'spin' | 'sleep' | 'map';
  /** Two locks of the class may be held at once (each such place says in which order). */
  readonly nests: boolean;
  /** Held by the hundred (a migration locks every page it moves): counted, not listed. */
  readonly counted?: boolean;
}

const classes = [
  { name: 'restoreWork', kind: 'map', nests: false },
  { name: 'deferredListWork', kind: 'map', nests: false },
  { name: 'evictionWork', kind: 'map', nests: false },
  { name: 'garbageCollectorWork', kind: 'map', nests: false },
  { name: 'destroyWork', kind: 'map', nests: false },
  { name: 'vmLock', kind: 'sleep', nests: false },
  { name: 'devmemLock', kind: 'sleep', nests: false },
  { name: 'reclaim', kind: 'map', nests: true },
  { name: 'inode', kind: 'sleep', nests: false },
  { name: 'mmapLock', kind: 'sleep', nests: true },
  { name: 'migrateLock', kind: 'sleep', nests: false },
  { name: 'pageLock', kind: 'sleep', nests: true, counted: true },
  { name: 'fileMapping', kind: 'sleep', nests: true, counted: true },
  { name: 'anonVma', kind: 'sleep', nests: true, counted: true },
  { name: 'invalidateRangeStart', kind: 'map', nests: false },
  { name: 'srcu', kind: 'map', nests: false },
  { name: 'updateLock', kind: 'sleep', nests: false },
  { name: 'umemRwsem', kind: 'sleep', nests: true },
  { name: 'ptl', kind: 'spin', nests: true },
  { name: 'pageTableLock', kind: 'spin', nests: false },
  { name: 'filePages', kind: 'spin', nests: false },
  { name: 'subscriptions', kind: 'spin', nests: false },
  { name: 'devicePages', kind: 'spin', nests: false },
  { name: 'deferredList', kind: 'spin', nests: false },
  { name: 'resource', kind: 'spin', nests: false },
  // Nobody here takes these: they are for drivers and scenarios of the user's, which decide where they nest.
  { name: 'driverWork1', kind: 'map', nests: false },
  { name: 'driverLock1', kind: 'sleep', nests: false },
  { name: 'driverLock2', kind: 'sleep', nests: false },
  { name: 'driverSpin1', kind: 'spin', nests: false },
  { name: 'driverSpin2', kind: 'spin', nests: false },
] as const satisfies readonly LockClassInfo[];

export const lockClasses: readonly LockClassInfo[] = classes;

type Name = (typeof classes)[number]['name'];

/** `LockClass.mmapLock` and so on. Frozen: that lets the erased tree put in the numbers themselves. */
export const LockClass = Object.freeze(Object.fromEntries(classes.map(({ name }, id) => [name, id]))) as {
  readonly [K in Name]: LockClass;
};
export type LockClass = Flavour<'lock class'>;
