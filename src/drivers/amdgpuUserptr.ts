/**
 * amdgpu userptr: a buffer object in user memory under an interval of its own. A submission maps the whole object; when it
 * collides the ioctl returns -EAGAIN and user space restarts it, without a limit. Nothing ever migrates.
 *
 * The real one leaves its entries and waits for the fences of what runs; here they are erased, which waits for the device TLB.
 */
import { derive } from './derive.ts';
import { dmirror } from './dmirror/index.ts';

export const amdgpuUserptr = derive(
  dmirror,
  { window: '512', notifierPages: '512', policy: 'refault', pauseUs: '5' },
  {
    name: 'amdgpu-userptr',
    summary: 'a 2 MiB object under its own interval, mapped as a whole; a collision restarts the submission; no migration',
    *migrateToDevice() {
      return 0;
    },
  },
);
