/** Devices with memory of their own: page frames are claimed for it, and page structures made, until the device goes. */
import type { Arena } from '../../arena/arena.ts';
import { errnoName } from '../../arena/errno.ts';
import type { Pgmap } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { UsageError } from '../../input/usageError.ts';
import type { PagemapSpec } from '../../mm/page/devPagemap.ts';
import { type DeviceHandle, deviceAdd, devmMemremapPages, devmRequestFreeMemRegion } from '../../mm/page/devres.ts';
import { resourceStart } from '../../mm/page/resource.ts';
import { run } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';

/** What a pagemap is made with beside its page frames. */
export type MemoryKind = Omit<PagemapSpec, 'start' | 'pages'>;

/** A device and its memory. */
export interface Probed {
  /** Handle of the device, for {@link deviceDel}. */
  readonly device: DeviceHandle;
  /** Address of its pagemap. */
  readonly pgmap: Pgmap;
}

const checked = (result: number): number => {
  if (result < 0) throw new UsageError(`a device gets no memory: ${errnoName(result)}`);
  return result;
};

function claimFrames(task: Task, pages: number): { device: DeviceHandle; start: Pfn } {
  const device = checked(deviceAdd(task.arena));
  const region = checked(run(devmRequestFreeMemRegion(task, device, pages)));
  return { device, start: resourceStart(task.arena, region) };
}

const mapFrames = (arena: Arena, device: DeviceHandle, spec: PagemapSpec): Probed => ({
  device,
  pgmap: checked(devmMemremapPages(arena, device, spec)),
});

/** One more device, with `pages` page frames. For a set-up. @throws UsageError when there is no room for it. */
export function probeDevice(task: Task, pages: number, kind: MemoryKind): Probed {
  const { device, start } = claimFrames(task, pages);
  return mapFrames(task.arena, device, { ...kind, start, pages });
}

/**
 * The devices of a machine, with `pages` page frames each. The highest free frames are claimed first, and the last device claims first:
 * so the first one has the lowest frames. For a set-up. @throws UsageError when there is no room for them.
 */
export function probeDevices(task: Task, pages: number, kinds: readonly MemoryKind[]): Probed[] {
  const claimed = kinds.map(() => claimFrames(task, pages)).reverse();
  return kinds.map((kind, i) => {
    const { device, start } = claimed[i] as { device: DeviceHandle; start: Pfn };
    return mapFrames(task.arena, device, { ...kind, start, pages });
  });
}
