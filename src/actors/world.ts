/** What an actor of the mixed scenario knows, and how its operations are described. */
import { PTRS_PER_TABLE } from '../arena/config.ts';
import type { Mirror, Mm } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import type { Driver } from '../drivers/base/driver.ts';
import type { Ledger } from '../oracles/ledger.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';

/** The common ground of the actors: one address space, its mirrors, and the pages [base, base + pages). */
export interface World {
  readonly task: Task;
  /** Number of the actor among its kind. */
  readonly index: number;
  /** Address of the mm. */
  readonly mm: Mm;
  readonly driver: Driver;
  /** Addresses of the mirrors, one a device. */
  readonly mirrors: readonly Mirror[];
  readonly ledger: Ledger;
  /** First page of the region. */
  readonly base: Vpn;
  readonly pages: number;
  /** Pages from the start of the region that nobody discards: their counters must come out exact. */
  readonly stable: number;
  /** First page of a place of its own, for moving mappings away. */
  readonly scratch: Vpn;
  /** Uniform in [0, bound). */
  readonly random: (bound: number) => number;
}

/** One kind of operation of an actor. */
export interface Operation {
  readonly name: string;
  /** Share among the operations of the actor. */
  readonly weight: number;
  /** Left out where there is no swap device. */
  readonly needsSwap?: boolean;
  /** Left out where there are no huge pages. */
  readonly needsHuge?: boolean;
  readonly run: (world: World) => Steps<void>;
}

/** Picks by weight; the weights of a role are few, so a scan is fine. */
export function pickOperation(operations: readonly Operation[], random: (bound: number) => number): Operation {
  let left = random(operations.reduce((sum, { weight }) => sum + weight, 0));
  for (const operation of operations) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  return operations[0] as Operation;
}

/** A random range of up to `most` pages inside [first, first + count), as [start, end). */
export function randomRange(world: World, first: number, count: number, most: number): readonly [number, number] {
  const length = 1 + world.random(Math.min(most, count));
  const start = first + world.random(count - length + 1);
  return [start, start + length];
}

/**
 * A random range for whoever changes mappings: where there are huge pages, in half of all cases all pages of one or two of them, or their pages from the
 * first on, as what happens to a leaf as a whole would else hardly ever happen.
 */
export function randomStretch(world: World, first: number, count: number, most: number): readonly [number, number] {
  const { hasHuge } = world.task.arena;
  if (!hasHuge || count < PTRS_PER_TABLE || world.random(2) === 0) return randomRange(world, first, count, most);
  const start = first + PTRS_PER_TABLE * world.random(Math.floor(count / PTRS_PER_TABLE));
  const wanted = world.random(4) === 0 ? 1 + world.random(PTRS_PER_TABLE) : PTRS_PER_TABLE * (1 + world.random(2));
  return [start, Math.min(start + wanted, first + count)];
}
