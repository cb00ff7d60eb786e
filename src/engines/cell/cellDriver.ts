/** The driver of a cell, with the options that axes set added to those the user gave. */
import type { Driver } from '../../drivers/base/driver.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import type { RetryOptions } from '../../scenarios/retry/retry.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import type { CellConfig } from './cellTypes.ts';

/** Options of drivers that are axes of a sweep, by the name of the axis in a cell. */
export const driverAxes = ['policy', 'deadlineMs', 'window', 'notifierPages'] as const;

export const cellSettings = (cell: CellConfig): DriverSettings => ({
  ...cell.settings,
  ...Object.fromEntries(driverAxes.flatMap((name) => (cell[name] === null ? [] : [[name, String(cell[name])]]))),
});

/** Words of a page frame. In a simulation contents matter to no number, and a frame is as small as can be. */
const FRAME_WORDS = { simulate: 16, race: 1024 } as const;

export const retryOptionsOf = (cell: CellConfig, driver: Driver): RetryOptions => ({
  ...cell,
  driver,
  settings: cellSettings(cell),
  frameWords: FRAME_WORDS[cell.engine],
});

export const driverOf = (cell: CellConfig): Promise<Driver> => importDriver(cell.driver);
