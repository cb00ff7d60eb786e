/** A driver of the user's: why an object is none, and what stands for the hooks that it does not need. */
import { type Driver, MOST_OPTIONS } from './driver.ts';
import { standIns } from './standIns.ts';

const HOOKS = ['open', 'close', 'fault', 'migrateToDevice', 'migrateToSystem', 'makeExclusive', 'evict'] as const;

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Why a module's export is no driver, or null when it is one. */
export function driverDefect(candidate: unknown): string | null {
  if (typeof candidate !== 'object' || candidate === null) return 'its default export is not an object';
  const given = candidate as Partial<Driver>;
  if (typeof given.name !== 'string' || given.name === '') return 'it has no name';
  if (typeof given.summary !== 'string') return 'it has no summary';
  if (typeof given.options !== 'object' || given.options === null) return 'it has no options table (an empty one will do)';
  const many = Object.keys(given.options).length;
  if (many > MOST_OPTIONS) return `it has ${many} options, at most ${MOST_OPTIONS} are possible`;
  const { classic } = given;
  const brackets = isFunction(classic?.invalidateRangeStart) || isFunction(classic?.invalidateRangeEnd);
  const flushes = isFunction(classic?.archInvalidateSecondaryTlbs);
  if (classic !== undefined && !brackets && !flushes)
    return 'its classic notifier has none of invalidateRangeStart, invalidateRangeEnd and archInvalidateSecondaryTlbs';
  if (brackets && flushes)
    return 'its classic notifier has archInvalidateSecondaryTlbs beside invalidateRangeStart or invalidateRangeEnd';
  const driver: Partial<Driver> = { ...standIns(given), ...given };
  const missing: string[] = HOOKS.filter((hook) => !isFunction(driver[hook]));
  const { interval, pagemap } = driver;
  if (!isFunction(interval?.invalidate) && !isFunction(interval?.invalidateStart) && (classic === undefined || given.interval))
    missing.push('interval.invalidate');
  if (!isFunction(pagemap?.migrateToRam)) missing.push('pagemap.migrateToRam');
  if (!isFunction(pagemap?.folioFree)) missing.push('pagemap.folioFree');
  return missing.length === 0 ? null : `it lacks ${missing.join(', ')}`;
}

/** The whole of a driver, by what was given: drivers are known by their identity. */
const whole = new WeakMap<object, Driver>();

/** What {@link driverDefect} finds nothing wrong with, as the lab uses it: the same object each time. */
export function wholeDriver(given: Driver): Driver {
  const known = whole.get(given);
  if (known !== undefined) return known;
  const driver = { ...standIns(given), ...given };
  whole.set(given, driver);
  return driver;
}
