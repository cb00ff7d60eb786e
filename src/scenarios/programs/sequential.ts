/** A program whose operations come one after the other, on a machine of its own. */
import type { DriverSettings } from '../../drivers/base/options.ts';
import { builtinDriver } from '../../drivers/registry.ts';
import { parseProgram } from '../../programs/program.ts';
import { boot } from './boot.ts';
import { setUp } from './known.ts';
import { errorsOfOrders, type Sequential } from './orders.ts';

/** With a driver of the lab; null for another one. */
export function sequential(text: string, settings: DriverSettings, driverName: string): Sequential | null {
  const driver = builtinDriver(driverName);
  if (driver === undefined) return null;
  const program = parseProgram(text);
  const { machine, task } = boot(program, driver, settings);
  const failed = setUp(program, machine, task);
  const gone = program.given.flatMap(({ operation }, place) => (failed.has(operation) ? [place] : []));
  return { errors: errorsOfOrders(machine, program), gone };
}
