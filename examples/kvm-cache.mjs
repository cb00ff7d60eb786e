/**
 * A scenario: the host writes through the pfn cache of kvm.mjs while the process discards the page. Page 0 is the host's, what
 * follows is guest memory.
 *
 *     npx hmm-lab explore ./kvm-cache.mjs
 *     npx hmm-lab explore ./kvm-cache.mjs --driver kvm:cacheRetry=slots
 */
import { device, discards, FIRST, fillPage } from 'hmm-lab/scenario';
import kvm, { refreshCache, writeThroughCache } from './kvm.mjs';

/** kvm_read_guest_cached and its kin: refreshes the cache until a write through it succeeds. */
const hostWrites = (m, value) =>
  function* (task) {
    while (!(yield* writeThroughCache(task, device(m), value))) {
      if ((yield* refreshCache(task, device(m))) < 0) return;
    }
  };

export default {
  title: 'a write through the pfn cache against MADV_DONTNEED',
  machine: { pages: 2, driver: kvm, settings: { slotStart: `${FIRST + 1}` } },
  setup: (m) => fillPage(m, 0, 1),
  actors: (m) => ({ B: [hostWrites(m, 2)], A: [discards(m, 0)] }),
  covers: [{ actor: 'B', point: 'driverChecked', while: { actor: 'A', point: 'classicCallback' } }],
};
