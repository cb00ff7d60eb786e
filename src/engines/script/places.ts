/** Handles of a lab's objects as they cross threads, and the arithmetic between byte addresses and pages. */

import type { ArenaBuffers } from '../../arena/arena.ts';
import { PAGE_SIZE, VPN_LIMIT } from '../../arena/config.ts';
import type { Handle } from '../../arena/units.ts';
import { type Bounds, boundsText, isWithin } from '../../input/bounds.ts';
import { quote, unknown } from '../../input/unknownName.ts';
import { UsageError } from '../../input/usageError.ts';

/** An address space of a lab. */
export interface AddressSpace {
  readonly mm: Handle<'mm'>;
}

/** A device of a lab, bound to one address space by its driver. */
export interface Device {
  readonly mirror: Handle<'mirror'>;
  readonly driver: string;
}

/** What a scripted thread is started with. */
export interface ScriptStart {
  readonly buffers: ArenaBuffers;
  readonly id: number;
  /** Names or URLs, and the ids the main thread registered them under. */
  readonly drivers: readonly (readonly [string, number])[];
}

/** Page and word of a byte address. @throws UsageError for an address that is not a multiple of 4. */
export function splitAddress(address: number, frameWords: number): { readonly vpn: number; readonly word: number } {
  if (!Number.isSafeInteger(address) || address < 0 || address % 4 !== 0) {
    throw new UsageError(`address ${address}: it must be a whole number of bytes, a multiple of 4`);
  }
  const word = (address % PAGE_SIZE) / 4;
  if (word >= frameWords) throw new UsageError(`address ${address}: frames of this lab hold only ${frameWords} words`);
  return { vpn: Math.floor(address / PAGE_SIZE), word };
}

/** First page of a page-aligned address. */
export function pageOf(address: number): number {
  if (!Number.isSafeInteger(address) || address < 0 || address % PAGE_SIZE !== 0)
    throw new UsageError(`address ${address}: it must be page aligned`);
  return address / PAGE_SIZE;
}

/** @throws UsageError for what is no number of pages that an address space can have. */
export function checkPages(pages: number): number {
  return checked('pages', { kind: 'whole', min: 1, max: VPN_LIMIT }, pages);
}

/** @throws UsageError for what is no 32-bit word. */
export function checkWord(value: number): number {
  return checked('the value', { kind: 'whole', min: -(2 ** 31), max: 2 ** 31 - 1 }, value);
}

function checked(what: string, bounds: Bounds, value: number): number {
  if (isWithin(bounds, value)) return value;
  throw new UsageError(`${what} is ${quote(String(value))}, allowed is ${boundsText(bounds)}`);
}

/** One of a few words. @throws UsageError for any other. */
export function oneOf<T extends string>(what: string, given: T, allowed: readonly T[]): T {
  if (allowed.includes(given)) return given;
  throw unknown(what, String(given), allowed, `allowed are ${allowed.join(', ')}`);
}

export const addressOf = (vpn: number): number => vpn * PAGE_SIZE;

/** The result of a model operation, or an error that names it: `munmap: -EINVAL`. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
