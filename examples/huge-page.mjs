/**
 * A scenario with huge pages, for any driver with device memory: a huge page on the device is touched at its end by a CPU while the
 * process discards all of it.
 *
 *     npx hmm-lab explore ./huge-page.mjs
 */
import { madvise, PTRS_PER_TABLE, run } from 'hmm-lab/model';
import { cpuReads, discards, FIRST, fillPage, toDevice, valueIn } from 'hmm-lab/scenario';

/** Pages of a huge page: 16 where interleavings are explored. */
const PAGES = PTRS_PER_TABLE;

/** Page `FIRST` is where a huge page may begin. MADV_HUGEPAGE, and the first touch makes one of them all. */
function setup(m) {
  run(madvise(m.task, m.mm, FIRST, PAGES, 'hugepage'));
  fillPage(m, 0, 1);
  run(toDevice(m, 0, PAGES)(m.task));
}

export default {
  title: 'a huge page on the device: a touch at its end against MADV_DONTNEED',
  // Three huge pages of system memory, one of which is the huge zero page.
  machine: { pages: PAGES, hugePages: 3, deviceMemory: PAGES },
  memory: true,
  setup,
  actors: (m) => ({ A: [cpuReads(m, PAGES - 1)], B: [discards(m, 0, PAGES)] }),
  check: valueIn(0),
  covers: [{ actor: 'A', counter: 'migratedToSystem' }],
};
