/** Mistakes of drivers with the DMA mappings of their entries. */
import type { Bug } from './bug.ts';

export const dmaMistakes: readonly Bug[] = [
  {
    id: 'G35',
    title: 'unmap-before-flush: pages are unmapped for DMA while the device may still use the entries that it has read',
    reference: 'driver mistake (nouveau, nvkm_vmm_unref_ptes)',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DMA'],
    scenario: 'device-tlb-read-vs-cpu-write@nouveau',
    edits: [
      {
        module: 'drivers/nouveau/vmm',
        in: 'nvkmVmmPfnUnmap',
        find: 'yield* nvkmVmmFlush(task, mirror); gp100VmmPfnUnmap(task, mirror, start, end);',
        replace: 'gp100VmmPfnUnmap(task, mirror, start, end); yield* nvkmVmmFlush(task, mirror);',
      },
    ],
  },
  {
    id: 'G36',
    title: 'entry-written-over: an entry gets another permission and a mapping of its own, and the one it had stays',
    reference: 'nouveau: nvkm_vmm_pfn_map writes over the entries of a region that is mapped',
    kind: 'LEAK',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DMA'],
    scenario: 'entry-made-writable',
    edits: [
      {
        module: 'drivers/base/entryDma',
        in: 'mapEntry',
        find: `
          if (old !== 0 && deviceEntryPfn(old) === page) return 0;
          if (old !== 0) yield* takeEntry(task, mirror, vpn);`,
        replace: '',
      },
    ],
  },
  {
    id: 'G37',
    title: 'source-stays-mapped: a migration erases the entries of its sources, as if nothing was mapped for them',
    reference: 'driver mistake (nouveau)',
    kind: 'LEAK',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DMA'],
    scenario: 'device-write-vs-migration@nouveau',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        in: 'revokeSources',
        find: 'erased += yield* clearEntries(task, mirror, start + i, start + i + 1);',
        replace: 'erased += yield* eraseDeviceEntries(task, mirror, start + i, start + i + 1);',
        imports: { eraseDeviceEntries: 'drivers/base/deviceTable' },
      },
    ],
  },
];
