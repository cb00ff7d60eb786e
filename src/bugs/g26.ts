import type { Bug } from './bug.ts';

export const g26: Bug = {
  id: 'G26',
  title: 'data of the driver in a device page is freed when the page goes home, not when it is freed',
  reference: 'driver mistake',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF'],
  scenario: 'evict-vs-cpu-touch',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'set(arena, arena.page.deviceData + pfn, handleOf(arena, arena.pools.mirror, mirror));',
      replace: 'set(arena, arena.page.deviceData + pfn, objectAlloc(arena));',
      imports: { objectAlloc: 'drivers/base/driverObject' },
    },
    {
      module: 'drivers/dmirror/toSystem',
      find: 'const migrating = liveAddress(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page)); if (migrating !== 0 && optionIs(arena, migrating, Is.homeFileMigrating)) return migrating;',
      replace: 'objectUse(arena, get(arena, arena.page.deviceData + page));',
      imports: { objectUse: 'drivers/base/driverObject' },
    },
    {
      module: 'drivers/dmirror/toSystem',
      find: 'const result = yield* moveToSystem(task, mirror, migrate); if (result === -EINVAL)',
      replace:
        'const data = get(arena, arena.page.deviceData + fault.page); const result = yield* moveToSystem(task, mirror, migrate); objectPut(arena, data); if (result === -EINVAL)',
      imports: { objectPut: 'drivers/base/driverObject' },
    },
  ],
};
