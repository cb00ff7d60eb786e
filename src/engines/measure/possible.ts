/** Which cells are possible: what a cell asks for must make sense and fit, before the first one runs. */
import { ACTOR_LIMIT, checkConfig, POOL_LIMIT } from '../../arena/config.ts';
import { plan } from '../../arena/places.ts';
import { type Driver, hasRetryLoop } from '../../drivers/base/driver.ts';
import { optionWords } from '../../drivers/base/options.ts';
import { UsageError } from '../../input/usageError.ts';
import { retrySizes } from '../../scenarios/retry/retry.ts';
import { actorCount } from '../../scenarios/retry/retryWorkload.ts';
import { cellSettings, retryOptionsOf } from '../cell/cellDriver.ts';
import type { CellConfig } from '../cell/cellTypes.ts';
import { costsOf } from '../cell/costs.ts';

/** Actors of a race are threads. */
const MOST_THREADS = 32;

const byteText = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** What a cell asks for and contradicts itself with, null when it does not. */
function contradiction(config: CellConfig, driver: Driver): string | null {
  const { engine, pages, range, span, devices, faulters, disturbers, invalidations, threads, accesses, event, access } = config;
  if (!hasRetryLoop(driver))
    return `a device of driver ${driver.name} walks the CPU's page tables, and has no retry loop to measure`;
  if (range > pages) return `a range of ${range} pages does not fit a region of ${pages}`;
  if (span > pages) return `an invalidation of ${span} pages does not fit a region of ${pages}`;
  if (faulters < devices) return `${faulters} fault handlers cannot serve ${devices} devices, at least one each is needed`;
  if (invalidations > 0 && disturbers === 0) return 'invalidations are asked for, but no disturbers to make them';
  if (accesses > 0 && threads === 0) return 'accesses are asked for, but no CPU threads to make them';
  if (event === 'mprotect' && access === 'write') return 'mprotect takes write permission away, so device writes would fail';
  const whole = config.deviceMemory === 1 && config.throttle === 'none';
  if (access !== 'migrate' && !whole) return 'device memory and throttling matter to access migrate only';
  if (access === 'migrate' && engine === 'race') return 'access migrate is simulated only: its handlers share what they know';
  const actors = actorCount(config, driver);
  const most = engine === 'race' ? MOST_THREADS : ACTOR_LIMIT - 1;
  return actors > most ? `${actors} actors, at most ${most} are possible` : null;
}

/**
 * Bytes of memory a cell takes.
 *
 * @throws UsageError with the reason when the cell is not possible, or takes more than `memory` bytes.
 */
export function bytesOf(config: CellConfig, driver: Driver, memory: number): number {
  const why = contradiction(config, driver);
  if (why !== null) throw new UsageError(why);
  optionWords(driver, cellSettings(config));
  costsOf(config.preset, config.costs);
  const sizes = retrySizes(retryOptionsOf(config, driver));
  if (config.event === 'mprotect' && sizes.vmas === POOL_LIMIT)
    throw new UsageError(`a mapping for each ${config.span} pages of ${config.pages} are too many`);
  checkConfig(sizes);
  const bytes = 4 * (plan(sizes).words + sizes.frameWords * (sizes.systemPages + sizes.devicePages * sizes.devices));
  if (bytes > memory)
    throw new UsageError(`it needs ${byteText(bytes)} of memory, allowed are ${byteText(memory)} on this machine`);
  return bytes;
}
