import type { Bug } from './bug.ts';

export const r53: Bug = {
  id: 'R53',
  title: 'dma-map-survives-invalidate: the callback unmaps the page from the device, but not from the IOMMU',
  reference: 'commit ba767b9d01a2 (xe), 2025',
  kind: 'SEC, SDM',
  threads: 2,
  preemptions: 0,
  oracles: ['I-STALE'],
  scenario: 'device-maps-what-is-discarded@gpusvm-xe',
  settings: { dmaUnmap: 'close' },
  edits: [],
};
