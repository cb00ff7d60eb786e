/**
 * The drivers a thread knows. The main thread hands out ids; workers register a driver under the id they are told, because
 * the arena holds ids and every thread must mean the same by them.
 */
import { registerPagemapOps } from '../mm/page/devPagemap.ts';
import { registerClassicOps, registerIntervalOps } from '../notifier/ops.ts';
import { amdgpuUserptr } from './amdgpu/index.ts';
import type { Driver } from './base/driver.ts';
import { dmirror } from './dmirror/index.ts';
import { gpusvmXe } from './gpusvm/index.ts';
import { kfdSvm } from './kfd/index.ts';
import { type BuiltinName, builtinNames } from './names.ts';
import { nouveau } from './nouveau/index.ts';
import { sva } from './sva/index.ts';

const byName: Readonly<Record<BuiltinName, Driver>> = {
  dmirror,
  nouveau,
  'amdgpu-userptr': amdgpuUserptr,
  'kfd-svm': kfdSvm,
  'gpusvm-xe': gpusvmXe,
  sva,
};

/** The drivers that come with the lab. */
export const builtinDrivers: readonly Driver[] = builtinNames.map((name) => byName[name]);

export const builtinDriver = (name: string): Driver | undefined => builtinDrivers.find((driver) => driver.name === name);

const drivers: (Driver | undefined)[] = [];

/**
 * Makes a driver's operations known in this thread, under `id` if it is given. Returns the id; registering the same driver
 * again changes nothing.
 */
export function registerDriver(driver: Driver, id = drivers.indexOf(driver) + 1 || drivers.length + 1): number {
  if (drivers[id - 1] === driver) return id;
  drivers[id - 1] = driver;
  registerIntervalOps(id, driver.interval);
  registerPagemapOps(id, driver.pagemap);
  if (driver.classic !== undefined) registerClassicOps(id, driver.classic);
  return id;
}

for (const driver of builtinDrivers) registerDriver(driver);

/** By id, from 1. */
export const registeredDrivers = (): readonly (Driver | undefined)[] => drivers;
