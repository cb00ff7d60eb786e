/** The drivers a thread knows. Ids follow the order of registration, which is the same in every thread of a run. */
import { registerPagemapOps } from '../mm/devPagemap.ts';
import { registerIntervalOps } from '../notifier/ops.ts';
import { dmirror } from './dmirror/index.ts';
import type { Driver } from './driver.ts';

/** The drivers that come with the lab. */
export const builtinDrivers: readonly Driver[] = [dmirror];

const drivers: Driver[] = [];

/** Makes a driver's operations known in this thread. Returns its id; registering the same driver again changes nothing. */
export function registerDriver(driver: Driver): number {
  const known = drivers.indexOf(driver);
  if (known !== -1) return known + 1;
  drivers.push(driver);
  const id = drivers.length;
  registerIntervalOps(id, driver.interval);
  registerPagemapOps(id, driver.pagemap);
  return id;
}

/** The driver registered under an id. */
export function driverById(id: number): Driver {
  const driver = drivers[id - 1];
  if (driver === undefined) throw new Error(`driver ${id} is not registered in this thread`);
  return driver;
}

for (const driver of builtinDrivers) registerDriver(driver);
