/** G1 to G21, both variants of each. G17 (bad arguments) is the recorder's: the checks lie in front of the commands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOperation, validRange } from '../../src/programs/operation.ts';
import { FULL } from '../selftests/bench.ts';
import { gaps } from '../selftests/gaps.ts';
import { runAlone } from '../selftests/run.ts';

for (const gap of gaps) {
  for (const kind of ['private', 'coherent'] as const) {
    test(`${gap.name} (${kind})`, () => runAlone(gap, kind));
  }
}

test('G20 with the in-tree rule (private)', () => {
  const found = gaps.find(({ number }) => number === 20);
  assert.ok(found !== undefined);
  runAlone({ ...found, settings: { eraseEnd: 'onePageMore' } }, 'private', FULL);
});

test('G17 bad ranges: unaligned, empty, beyond the end of the address space', () => {
  assert.equal(validRange(0x1000n, 1), true);
  assert.equal(validRange(0x1001n, 1), false);
  assert.equal(validRange(0x1000n, 0), false);
  assert.equal(validRange((1n << 64n) - 0x1000n, 1), false);
  assert.equal(validRange((1n << 64n) - 0x2000n, 1), true);
  assert.equal(parseOperation('dread! 0 1 1').badBuffer, true);
});
