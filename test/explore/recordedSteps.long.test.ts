import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Executor } from '../../src/engines/explore/machine/execution.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { Xorshift } from '../../src/engines/explore/sampling/scheduler.ts';
import { conclude } from '../../src/engines/explore/search/conclude.ts';
import { points } from '../../src/steps/points.ts';

const RUNS = 6;

/** What differs between two machines. */
function difference(a: Executor['arena'], b: Executor['arena']): string | null {
  for (let word = 0; word < a.words.length; word++) {
    if (a.words[word] !== b.words[word]) return `word ${word}: ${a.words[word]} and ${b.words[word]}`;
  }
  for (let at = 0; at < a.frames.length; at++) {
    if (a.frames[at] !== b.frames[at]) return `frame word ${at}: ${a.frames[at]} and ${b.frames[at]}`;
  }
  return null;
}

test('recorded steps do what the generators do, forwards and back, in every scenario', () => {
  for (const { name } of scenarios()) {
    const [recorded, generated] = [true, false].map((on) => executorOf(scenarioNamed(name), { recorded: on }));
    assert.ok(recorded !== undefined && generated !== undefined);
    const random = new Xorshift(1);
    const out = new Uint8Array(recorded.count);
    const same = (where: string) =>
      assert.deepEqual([recorded.low, recorded.high], [generated.low, generated.high], `${name}: ${where}`);
    for (let run = 0; run < RUNS; run++) {
      for (const executor of [recorded, generated]) executor.reset();
      same(`beginning ${run}`);
      for (let count = recorded.runnable(out); count > 0; count = recorded.runnable(out)) {
        const actor = out[random.below(count)] as number;
        assert.deepEqual(recorded.step(actor), generated.step(actor));
        same(`run ${run}, step ${recorded.steps}: ${actor} to ${points[recorded.at[actor] as number]?.name}`);
        if (random.below(8) !== 0 || recorded.steps < 3) continue;
        for (let back = 0; back < 2; back++) for (const executor of [recorded, generated]) executor.back();
        same(`run ${run}, back to step ${recorded.steps}`);
      }
      assert.deepEqual(conclude(recorded), conclude(generated));
      assert.equal(difference(recorded.arena, generated.arena), null, `${name}: the end of run ${run}`);
    }
  }
});
