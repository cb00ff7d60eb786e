/** What a thread says of the schedule that it is at, of which it tells only what is new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { Pulse, usePulse } from '../../src/engines/explore/machine/pulse.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';

/** What a watcher reads when the thread has stood still since it looked before. */
function told(watched: Pulse): readonly number[] | undefined {
  const watcher = new Pulse(watched.buffer);
  watcher.standstill(0, () => 1);
  return watcher.standstill(10, () => 1)?.schedule;
}

test('wherever the search goes back to, the schedule that is told is the one that it is at', () => {
  const pulse = new Pulse();
  const schedule = new Uint8Array([1, 2, 3, 4, 5, 6]);
  pulse.begin(0, schedule, 6);
  assert.deepEqual(told(pulse), [1, 2, 3, 4, 5, 6]);
  schedule[3] = 9;
  pulse.begin(0, schedule, 4, 3);
  assert.deepEqual(told(pulse), [1, 2, 3, 9]);
  pulse.begin(0, new Uint8Array([7, 8]), 2, 2);
  assert.deepEqual(told(pulse), [7, 8]);
  pulse.end();
  assert.equal(told(pulse), undefined);
});

test('in a search every step that a generator makes is told with the steps before it', () => {
  let steps = 0;
  class Compared extends Pulse {
    override begin(at: number, schedule: Uint8Array, length: number, unchanged?: number): void {
      super.begin(at, schedule, length, unchanged);
      assert.deepEqual(told(this), [...schedule.subarray(0, length)]);
      steps++;
    }
  }
  usePulse(new Compared());
  const { failure, complete } = search(executorOf(scenarioNamed('mini-hmm'), { recorded: false }), {
    preemptions: 1,
    enough: () => false,
  });
  assert.deepEqual([failure, complete], [null, true]);
  assert.ok(steps > 100);
});
