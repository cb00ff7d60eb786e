/**
 * In a model that a bug was put in, programs are held against the model without it: what is wrong in every sequential order would be
 * allowed otherwise.
 */
import type { DriverSettings } from '../../drivers/base/options.ts';
import { cleanTree } from '../../package/activeBug.ts';
import type { Sequential } from './orders.ts';
import type * as Answers from './sequential.ts';

let unchanged: typeof Answers | null = null;

/** Loads it, once in a thread, if this is a model with a bug. Until then programs are held against the model as it is. */
export async function loadUnchanged(): Promise<void> {
  if (cleanTree !== null) unchanged ??= await import(new URL('scenarios/programs/sequential.js', cleanTree).href);
}

/** What a program answers without the bug. Null in the model as it is, and for a driver that is none of the lab. */
export const withoutTheBug = (program: string, settings: DriverSettings, driver: string): Sequential | null =>
  unchanged?.sequential(program, settings, driver) ?? null;
