import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DriverSettings } from '../../src/drivers/base/options.ts';
import { explore } from '../../src/engines/explore/explore.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';

const options = { strategy: 'search', seconds: 60, schedules: 1e9, preemptions: Number.POSITIVE_INFINITY, seed: 1, settings: {} };

/** All interleavings with at most `preemptions`, with dmirror set so. */
function searched(name: string, settings: DriverSettings, preemptions: number) {
  return search(executorOf(scenarioNamed(name, settings)), { preemptions, enough: () => false });
}

test('mini-hmm is proved, and the early check is not', () => {
  for (const name of ['mini-hmm', 'mini-hmm-2x1', 'mini-hmm-1x3', 'mini-hmm-3x1']) {
    const result = explore(scenarioNamed(name), options);
    assert.equal(result.verdict, 'proved', name);
    assert.ok(result.states > 50);
  }
  for (const name of ['mini-hmm-early', 'mini-hmm-early-1x1']) {
    const { verdict, failure } = explore(scenarioNamed(name), options);
    assert.equal(verdict, 'violation');
    assert.equal(failure?.oracle, 'I-STALE');
    assert.deepEqual([failure?.preemptions, failure?.minimal], [1, true]);
  }
});

/** Which defect of the driver which scenario shows, with how many preemptions. */
const defects: readonly (readonly [DriverSettings, string, string, number])[] = [
  [{ retryCheck: 'none' }, 'device-fault-vs-munmap', 'I-STALE', 1],
  [{ retryCheck: 'none' }, 'device-fault-vs-mprotect', 'I-PERM', 1],
  [{ retryCheck: 'beforeLock' }, 'device-fault-vs-dontneed', 'I-STALE', 1],
  [{ setSeq: 'off' }, 'device-fault-vs-cow', 'I-STALE', 1],
  [{ revokeSource: 'off' }, 'device-write-vs-migration', 'I-DATA', 1],
  [{ foreignCounter: 'off' }, 'migration-vs-dontneed', 'I-STALE', 1],
  [{ exclusiveSeq: 'off' }, 'exclusive-vs-dontneed', 'I-STALE', 1],
];

for (const [settings, name, rule, preemptions] of defects) {
  test(`${JSON.stringify(settings)} breaks ${name}: ${rule}`, () => {
    assert.equal(searched(name, settings, preemptions - 1).failure, null);
    assert.equal(searched(name, settings, preemptions).failure?.rule, rule);
    assert.equal(searched(name, {}, preemptions).failure, null, 'and the default driver does not');
  });
}

test('an entry that is made exclusive without a read section is under mmap_lock: only who takes that for reading is in its way', () => {
  for (const name of ['exclusive-vs-munmap', 'exclusive-vs-mprotect'])
    assert.equal(searched(name, { exclusiveSeq: 'off', exclusiveOwner: 'none' }, 2).failure, null, name);
});

test('state matching leaves nothing out: the same failures as without it, and far fewer executions', () => {
  // Every interleaving of a small scenario, counted by hand: without matching there are as many executions as interleavings.
  const matched = searched('mini-hmm-1x1', {}, Number.POSITIVE_INFINITY);
  assert.equal(matched.failure, null);
  assert.ok(matched.complete && matched.cut === 0);
  assert.ok(matched.executions < 100, `${matched.executions} executions`);
});
