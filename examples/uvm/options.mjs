/** The options of uvm.mjs. Of each the first value, or the default, is right. */
import { driverOption } from 'hmm-lab/model';

export const options = {
  window: { help: 'pages that one fault of the GPU is about', number: { default: 16, min: 1, max: 512 } },
  migrateOnFault: { help: 'a fault moves pages to the device, or maps them where they are', values: ['on', 'off'] },
  retryCheck: { help: 'mmu_interval_read_retry under the block lock, or not at all', values: ['locked', 'none'] },
  ownMigrate: {
    help: 'a migration of its own takes entries away like any event, or is passed over',
    values: ['erase', 'ignore'],
  },
  thrashing: {
    help: 'pages that CPUs may bring home until faults move none any more',
    number: { default: 2, min: 0, max: 2 ** 30 },
  },
  faultPage: { help: 'a CPU fault names its page to migrate_vma_setup, or does not', values: ['named', 'unnamed'] },
  disown: { help: 'an eviction leaves pages alone that have gone home, or takes them, too', values: ['on', 'off'] },
};
export const option = ({ arena }, mirror, name) => driverOption(arena, mirror, Object.keys(options).indexOf(name));
