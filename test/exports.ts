/** What the library tests use, from the public entry where it is public. */

export { ModelError } from '../src/engines/script/places.ts';
export { type AddressSpace, Lab } from '../src/index.ts';

/** Snapshot bytes, spelled out here on purpose: they are part of the contract. */
export const SYSTEM_WRITE = 0x02;
export const DEV_PRIVATE_LOCAL = 0x22;
