/** A test device that has a TLB touches memory itself, in programs as in scenarios. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from '../src/library/explore.ts';

const MAPPED = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | A: dread 0 0 1 | B: dread 0 0 1';
const subject = { scenario: `${MAPPED}; A: madvise 0 1 dontneed; B: dread 0 0 1`, driver: 'dmirror', seconds: 60 };

test('a flush of the TLB of the device that is forgotten is seen in a read', async () => {
  const tlb = { ...subject, driverSettings: { engine: 'tlb' } };
  const { failure } = await explore({ ...tlb, bug: 'G32' });
  assert.deepEqual([failure?.oracle, failure?.preemptions], ['I-TLB', 0]);
  assert.equal((await explore(tlb)).verdict, 'proved');
});

test('in tree the driver copies for the device, which has none', async () => {
  assert.equal((await explore({ ...subject, bug: 'G32', driverSettings: { engine: 'mutex' } })).verdict, 'proved');
});
