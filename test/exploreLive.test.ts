import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExploreProgress } from '../src/engines/explore/threads/supervised.ts';
import { exploreLine, startExploreLive } from '../src/report/exploreLive.ts';

const progress: ExploreProgress = {
  elapsedSeconds: 4,
  doing: 'searching all interleavings',
  executions: 80_000,
  states: 50_000,
  guesses: [60_000, 2_000_000],
  orders: 0,
};

test('the line says what is done, how fast, and how much there may be', () => {
  const line = '4.0 of 10.0 s | searching all interleavings | 80k schedules (20k/s) | 50k states';
  assert.equal(exploreLine(progress, 10), `${line} of perhaps 60k to 2.0M`);
  assert.equal(exploreLine({ ...progress, guesses: [40_000, 0] }, 10), `${line} of perhaps 50k or more`);
  assert.equal(exploreLine({ ...progress, guesses: [0, 0], orders: 1234 }, 10), `${line} | 1.2k orders`);
});

test('without a terminal there is a line at least every two seconds, and none in a short run', () => {
  const written: string[] = [];
  let now = 0;
  const live = startExploreLive({ write: (text) => written.push(text) }, 10, () => now, {});
  for (; now < 10_000; now += 100) live.update({ ...progress, elapsedSeconds: now / 1000 });
  live.stop();
  const times = written.map((line) => Number(/^\d+\.\d/.exec(line)?.[0]));
  assert.ok(times.length >= 5 && (times[0] as number) > 1, String(times));
  for (const [i, time] of times.entries()) assert.ok(time - (times[i - 1] ?? 0) <= 2, String(times));
});

test('on a terminal the line repaints itself and is taken away at the end', () => {
  const written: string[] = [];
  const live = startExploreLive({ isTTY: true, columns: 30, write: (text) => written.push(text) }, 10, () => 0, {
    NO_COLOR: '1',
  });
  live.update(progress);
  live.stop();
  assert.deepEqual(written, ['\r\x1b[K4.0 of 10.0 s | searching all', '\r\x1b[K']);
});
