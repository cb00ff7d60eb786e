/** I-STALE, I-PERM, I-ISO, I-EXCL: a device entry names exactly what the CPU page table names, with no more permission. */

import { get, load, overActors } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { liveObjects } from '../arena/pool.ts';
import { Actor, Mirror, Mm } from '../arena/structures.ts';
import type { DeviceEntry, Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { DEV_ATOMIC, DEV_VALID, DEV_WRITE, deviceEntry, deviceEntryPfn, mkDeviceEntry } from '../drivers/base/deviceTable.ts';
import { dmaPage, forEachDmaEntry } from '../drivers/base/dmaMap.ts';
import { entryMappingFaults } from '../drivers/base/entryDma.ts';
import { mirrorMm } from '../drivers/base/mirror.ts';
import { registeredDrivers } from '../drivers/registry.ts';
import { isDevicePrivatePage, pgmapOwner } from '../mm/page/devPagemap.ts';
import { isDevicePage, isZeroPage } from '../mm/page/page.ts';
import {
  describePte,
  isDeviceExclusive,
  leafWritable,
  mapsPage,
  PTE_INVALID,
  PTE_PROTNONE,
  PTE_SPECIAL,
  ptePfn,
  ptePresent,
} from '../mm/table/pte.ts';
import { forEachEntry, lookupTable, pteAt, ptlOf, readPte } from '../mm/table/tables.ts';
import { DEVICE, forEachTranslation } from '../mm/table/tlb.ts';
import { VM_READ, vmaFlags, vmaLookup } from '../mm/vma/vma.ts';
import type { Task } from '../sync/task.ts';
import type { Finding } from './finding.ts';

/** Another device that maps this page of the address space, or 0. */
function otherDevice(arena: Arena, mirror: Mirror, vpn: Vpn): number {
  const mm = mirrorMm(arena, mirror);
  for (const other of liveObjects(arena, arena.pools.mirror)) {
    if (other === mirror || mirrorMm(arena, other) !== mm) continue;
    if ((deviceEntry(arena, other, vpn) & DEV_VALID) !== 0) return get(arena, other + Mirror.device);
  }
  return 0;
}

/** What is wrong with a device entry, given the CPU entry of the same page; null when nothing is, or the device must not use it. */
export function entryObjection(arena: Arena, mirror: Mirror, vpn: Vpn, entry: DeviceEntry): Finding | null {
  if ((entry & DEV_VALID) === 0) return null;
  const pte = readPte(arena, get(arena, mirrorMm(arena, mirror) + Mm.pgd), vpn);
  const pfn = deviceEntryPfn(entry);
  const zero = ptePresent(pte) && (pte & PTE_SPECIAL) !== 0 && isZeroPage(arena, ptePfn(pte));
  const what = `device ${get(arena, mirror + Mirror.device)} maps page ${pfn} at address page ${vpn}`;
  if (!(mapsPage(pte) || zero) || ptePfn(pte) !== pfn) {
    return { rule: 'I-STALE', message: `${what}, but the CPU entry is ${describePte(pte)}` };
  }
  if (isDevicePrivatePage(arena, pfn) && pgmapOwner(arena, pfn) !== get(arena, mirror + Mirror.device)) {
    return { rule: 'I-ISO', message: `${what}, which is memory of device ${pgmapOwner(arena, pfn)}` };
  }
  if (ptePresent(pte) && (pte & (PTE_PROTNONE | PTE_INVALID)) !== 0) {
    return { rule: 'I-PERM', message: `${what}, but the CPU entry ${describePte(pte)} may not even be read` };
  }
  if ((entry & DEV_WRITE) !== 0 && !leafWritable(pte)) {
    return { rule: 'I-PERM', message: `${what} writable, but the CPU entry is ${describePte(pte)}` };
  }
  if ((entry & DEV_ATOMIC) === 0) return null;
  // In memory of its own a device works alone, or by a link that keeps atomics whole.
  if (isDevicePage(arena, pfn) && pgmapOwner(arena, pfn) === get(arena, mirror + Mirror.device)) return null;
  if (!isDeviceExclusive(pte)) {
    return { rule: 'I-EXCL', message: `${what} for atomics, but the CPU entry is ${describePte(pte)}` };
  }
  const other = otherDevice(arena, mirror, vpn);
  return other === 0 ? null : { rule: 'I-EXCL', message: `${what} for atomics, and device ${other} maps it, too` };
}

/**
 * Is the CPU entry empty only for a moment, as somebody who holds its page-table lock is about to fill it again? Where a callback passes
 * over the events of its own device, that device may make the page exclusive meanwhile: the entry names the page before and after.
 */
function isBetween(arena: Arena, mirror: Mirror, vpn: Vpn): boolean {
  const table = lookupTable(arena, get(arena, mirrorMm(arena, mirror) + Mm.pgd), vpn);
  return table !== 0 && load(arena, ptlOf(arena, table)) !== 0 && get(arena, pteAt(arena, table, vpn)) === 0;
}

/**
 * The check at driver unlock. While the driver holds its update lock and has not been told to retry, no CPU entry it has
 * just copied can have changed: whoever changes it must first get the lock for the callback.
 */
export function checkInstalled(task: Task, mirror: Mirror, start: Vpn, end: Vpn): void {
  const { arena } = task;
  for (let vpn = start; vpn < end; vpn++) {
    const entry = deviceEntry(arena, mirror, vpn);
    const objection = entryObjection(arena, mirror, vpn, entry);
    if (objection !== null && !(objection.rule === 'I-STALE' && isBetween(arena, mirror, vpn)))
      throw new Violation(objection.rule, `at driver unlock, ${objection.message}`);
  }
}

/** A DMA mapping outlives neither its page nor the mapping of the CPU: what an entry would be told, at a second level. */
function dmaObjections(arena: Arena, mirror: Mirror): Finding[] {
  // Where each entry has its mapping, and each mapping its entry, what is said about entries says it all.
  const faults = entryMappingFaults(arena, mirror);
  if (faults !== null) return faults.map((message) => ({ rule: 'I-DMA', message }));
  const findings: Finding[] = [];
  forEachDmaEntry(arena, mirror, (vpn, entry) => {
    const objection = entryObjection(arena, mirror, vpn, mkDeviceEntry(dmaPage(entry), 0));
    if (objection !== null) findings.push({ ...objection, message: `behind the IOMMU, ${objection.message}` });
  });
  return findings;
}

/** Does the device map what the process itself may not read? VMAs stand still only at rest. */
function readObjection(arena: Arena, mirror: Mirror, vpn: Vpn, entry: DeviceEntry): Finding | null {
  if ((entry & DEV_VALID) === 0) return null;
  const vma = vmaLookup(arena, mirrorMm(arena, mirror), vpn);
  if (vma !== 0 && (vmaFlags(arena, vma) & VM_READ) !== 0) return null;
  const what = `device ${get(arena, mirror + Mirror.device)} maps page ${deviceEntryPfn(entry)} at address page ${vpn}`;
  return { rule: 'I-PERM', message: `${what}, where ${vma === 0 ? 'there is no mapping' : 'the mapping may not be read'}` };
}

/** What the engines of a device that walks the CPU's page tables remember is as true as its IOTLB: no entry changes without a flush. */
function walkObjections(arena: Arena, mirror: Mirror): Finding[] {
  const findings: Finding[] = [];
  if (registeredDrivers()[get(arena, mirror + Mirror.driver) - 1]?.walk === undefined) return findings;
  forEachTranslation(arena, DEVICE, mirror, (vpn, entry) => {
    const objection = entryObjection(arena, mirror, vpn, entry) ?? readObjection(arena, mirror, vpn, entry);
    if (objection !== null) findings.push({ ...objection, message: `in the TLB of an engine, ${objection.message}` });
  });
  return findings;
}

/** Quiescent: every entry of every mirror. */
export function checkMirrors(arena: Arena): Finding[] {
  const findings: Finding[] = [];
  for (const mirror of liveObjects(arena, arena.pools.mirror)) {
    forEachEntry(arena, get(arena, mirror + Mirror.table), (vpn, entry) => {
      const objection = entryObjection(arena, mirror, vpn, entry) ?? readObjection(arena, mirror, vpn, entry);
      if (objection !== null) findings.push(objection);
    });
    findings.push(...dmaObjections(arena, mirror), ...walkObjections(arena, mirror));
  }
  return findings;
}

/** Does any actor hold a lock? */
export function checkLocksFree(arena: Arena): Finding[] {
  const findings: Finding[] = [];
  overActors(true);
  for (let id = 0; id < arena.config.actors; id++) {
    const mask = load(arena, arena.actors + id * Actor.shape.size + Actor.heldMask);
    if (mask !== 0)
      findings.push({ rule: 'I-LOCK', message: `actor ${id} holds locks between operations (classes ${mask.toString(2)})` });
  }
  overActors(false);
  return findings;
}
