import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ExecutorOptions } from '../../src/engines/explore/machine/execution.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../../src/engines/explore/sampling/strategies.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes in use: objects, and arrays outside the heap. */
function inUse(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

function schedules(
  name: string,
  times: number,
  options: ExecutorOptions = {},
): { readonly run: () => void; readonly localStates: () => number } {
  const executor = executorOf(scenarioNamed(name), options);
  const random = new RandomWalk(1);
  const runnable = new Uint8Array(executor.count);
  return {
    run() {
      for (let i = 0; i < times; i++) {
        random.newExecution(executor.count, executor);
        assert.equal(runOnce(executor, random, runnable), null);
      }
    },
    localStates: () => executor.localStates,
  };
}

test('memory stays what it is, however many schedules are run', () => {
  const small = schedules('mini-hmm', 100_000);
  small.run();
  const used = [inUse()];
  for (let i = 0; i < 3; i++) {
    small.run();
    used.push(inUse());
  }
  // What a schedule leaves behind adds up in each round; code that V8 has compiled meanwhile is there once.
  const growth = used.slice(1).map((megabytes, i) => megabytes - (used[i] as number));
  assert.ok(
    Math.min(...growth) < 0.5,
    `megabytes in use after each 100,000 schedules: ${used.map((mb) => mb.toFixed(1)).join(', ')}`,
  );
});

test('what was recorded is dropped when it is much, and recorded anew', () => {
  // Two devices that take a page from each other meet new local states without end, if all that they have read counts.
  const { run, localStates } = schedules('two-exclusives', 25, { memory: 'history' });
  let most = 0;
  let drops = 0;
  for (let i = 0, last = 0; i < 40 && drops === 0; i++) {
    run();
    if (localStates() < last) drops++;
    last = localStates();
    most = Math.max(most, last);
  }
  assert.ok(drops > 0, 'nothing was dropped');
  assert.ok(most < 150_000, `${most} local states`);
});
