/** What a driver can do: operations that it cannot do are not tried in the race matrix. */
import type { Driver } from '../../drivers/base/driver.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';

export interface Abilities {
  /** Pages become exclusive to the device. */
  readonly exclusive: boolean;
  /** The device does atomics by itself. The in-tree test driver only makes pages exclusive. */
  readonly atomics: boolean;
  readonly memory: boolean;
  /** It leaves work to a queue. */
  readonly work: boolean;
}

export const abilitiesOf = (driver: Driver): Abilities => ({
  exclusive: driver.atomics !== false,
  atomics: driver.atomics !== false && driver !== dmirror,
  memory: driver.memory !== false,
  work: (driver.work ?? []).length > 0,
});
