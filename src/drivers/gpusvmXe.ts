/**
 * drm_gpusvm with xe: chunks of 2 MiB under intervals of 512 MiB, so that unrelated ranges share a sequence; one deadline of
 * 1000 ms for all retries. Its own migrations invalidate it like anybody else's, and pages are mapped later, by a fault.
 *
 * Unlike the real one it migrates what it can get (not all or nothing), and checks the sequence at the commit, not flags.
 */
import { derive } from './derive.ts';
import { dmirror } from './dmirror/index.ts';

export const gpusvmXe = derive(
  dmirror,
  { window: '512', notifierPages: String(512 * 256), ownMigrate: 'treatAsForeign', policy: 'absolute', deadlineMs: '1000' },
  { name: 'gpusvm-xe', summary: '2 MiB chunks under intervals of 512 MiB shared by many; one deadline for all retries' },
);
