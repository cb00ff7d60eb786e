/** The driver of a cell, with the options that axes set added to those the user gave. */
import type { Driver } from '../../drivers/driver.ts';
import { loadDriver } from '../../drivers/load.ts';
import type { DriverSettings } from '../../drivers/options.ts';
import type { RetryOptions } from '../../scenarios/retry.ts';
import type { CellConfig } from './types.ts';

/** Options of drivers that are axes of a sweep, by the name of the axis in a cell. */
export const driverAxes = ['policy', 'deadlineMs', 'window', 'notifierPages'] as const;

export const cellSettings = (cell: CellConfig): DriverSettings => ({
  ...cell.settings,
  ...Object.fromEntries(driverAxes.flatMap((name) => (cell[name] === null ? [] : [[name, String(cell[name])]]))),
});

export const retryOptionsOf = (cell: CellConfig, driver: Driver, frameWords: number): RetryOptions => ({
  ...cell,
  driver,
  settings: cellSettings(cell),
  frameWords,
});

export const driverOf = (cell: CellConfig): Promise<Driver> => loadDriver(cell.driver);
