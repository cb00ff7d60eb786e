/** The workload of the retry scenario: what can be asked for, in numbers and names. Needs no model. */
import type { Driver } from '../../drivers/base/driver.ts';
import type { ThrottlePolicy } from '../../drivers/paging/throttle.ts';
import type { ArrivalKind } from '../../workload/arrivals.ts';
import type { PatternKind } from '../../workload/patterns.ts';

/** What an invalidation is: each an ordinary call of a process. */
export const eventKinds = ['dontneed', 'mprotect', 'munmap'] as const;
export type EventKind = (typeof eventKinds)[number];

/** Where invalidations strike: in the region the devices use, or in another one of the same size next to it. */
export const targetKinds = ['same', 'other'] as const;
export type TargetKind = (typeof targetKinds)[number];

/**
 * What a request of a device is: a fault for a range; a copy out of it that faults what it does not find; or the use of a range
 * that is to be in the device's own memory and moves there when it is not.
 */
export const accessKinds = ['read', 'write', 'copy', 'migrate'] as const;
export type AccessKind = (typeof accessKinds)[number];

/** The workload of one run. Rates are a second and in all, shared by those who make it; 0 is none. */
export interface RetryWorkload {
  /** Pages of the region. */
  readonly pages: number;
  readonly devices: number;
  /** Threads that handle device faults; device i is served by thread i, i + devices, ... */
  readonly faulters: number;
  /** Pages one fault asks for, aligned. */
  readonly range: number;
  readonly access: AccessKind;
  readonly pattern: PatternKind;
  /** Faults a second; 0: each thread begins the next fault when the last is done. */
  readonly faultRate: number;
  readonly faultArrivals: ArrivalKind;
  readonly disturbers: number;
  readonly invalidations: number;
  readonly arrivals: ArrivalKind;
  readonly event: EventKind;
  /** Pages of one invalidation, aligned. */
  readonly span: number;
  readonly hits: PatternKind;
  readonly target: TargetKind;
  /** Threads that load and store in the region. */
  readonly threads: number;
  /** Accesses a second of all of them. */
  readonly accesses: number;
  /** With access `migrate`: memory of each device as a part of the region, and what is done about thrashing. */
  readonly deviceMemory: number;
  readonly throttle: ThrottlePolicy;
  /** How soon after its eviction a block must be back to count as thrashing. */
  readonly lapseUs: number;
}

/** Pages of memory of each device. */
export const devicePages = ({ access, pages, deviceMemory }: RetryWorkload): number =>
  access === 'migrate' ? Math.max(1, Math.round(pages * deviceMemory)) : pages;

/** With access `migrate`, the blocks that are on a device when it begins: as many as fit, in turn with the other devices. */
export function blocksAtStart(workload: RetryWorkload, device: number): number[] {
  const { pages, range, devices } = workload;
  const fit = Math.floor(devicePages(workload) / range);
  const own = Math.ceil((Math.floor(pages / range) - device) / devices);
  return Array.from({ length: Math.min(fit, own) }, (_, i) => device + i * devices);
}

/** A driver that leaves work to others gets a worker. */
export const workerCount = ({ work = [] }: Driver): number => (work.length > 0 ? 1 : 0);

export const actorCount = ({ faulters, disturbers, threads }: RetryWorkload, driver: Driver): number =>
  faulters + disturbers + threads + workerCount(driver);
