import type { Driver } from './driver.ts';
import { builtinDrivers } from './registry.ts';

export async function loadDriver(nameOrUrl: string): Promise<Driver> {
  const found = builtinDrivers.find(({ name }) => name === nameOrUrl);
  if (found === undefined) throw new RangeError(`unknown driver '${nameOrUrl}'`);
  return found;
}
