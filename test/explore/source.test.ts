/** Steps are shown with the lines that make them: of the model, of the scenarios, and of the user's own modules. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { explore } from '../../src/engines/explore/explore.ts';
import { watchSteps } from '../../src/engines/explore/failure/source.ts';
import { importScenario } from '../../src/engines/explore/plan/importScenario.ts';
import { cpuReads, writesThroughPin } from '../../src/scenarios/kit/operations.ts';
import { scenarioOf } from '../../src/scenarios/kit/plan.ts';
import { fillPage } from '../../src/scenarios/kit/smallMachine.ts';

const root = new URL('../../../../', import.meta.url);

/** The line that a source such as `src/mm/syscalls/zap.ts:31 (zap)` stands for. */
function lineOf(source: string | null): string {
  const [, file = '', number = ''] = /^(\S+?):(\d+)/.exec(source ?? '') ?? [];
  return readFileSync(new URL(file, root), 'utf8').split('\n')[Number(number) - 1] ?? '';
}

test('an access that an operation of a scenario makes itself, and one that the model makes for it', () => {
  const scenario = scenarioOf({
    name: 'pin',
    title: '',
    windows: '',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ A: [writesThroughPin(m, 2), cpuReads(m, 0)] }),
  });
  const steps = watchSteps(scenario, Array<number>(40).fill(0), 0, 40);
  const sources = steps.map(({ source }) => source).filter((source) => source !== null);
  const own = sources.find((source) => source.startsWith('src/scenarios/'));
  assert.match(own ?? '', /^src\/scenarios\/kit\/operations\.ts:\d+/);
  assert.match(lineOf(own ?? null), /frameStore\(/);
  const ofModel = sources.filter((source) => source.startsWith('src/mm/'));
  assert.ok(ofModel.length > 0);
  for (const source of sources) {
    assert.doesNotMatch(source, /worker|\/(arena|sync|steps|engines)\//);
    assert.ok(lineOf(source).trim().length > 0, source);
  }
});

test("the user's own file and line, in the module and in one that it imports", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab test-'));
  try {
    writeFileSync(
      join(directory, 'words.mjs'),
      [
        "import { load, Mirror, Violation } from 'hmm-lab';",
        'export const word = (m) => m.mirrors[0] + Mirror.private + 25;',
        '',
      ].join('\n') +
        [
          'export function sees(task, m) {',
          '  if (load(task.arena, word(m)) === 1)',
          "    throw new Violation('I-OUT', 'seen');",
          '}',
          '',
        ].join('\n'),
    );
    writeFileSync(
      join(directory, 'my.mjs'),
      `// A comment,
// and another.
import { Point, store } from 'hmm-lab';
import { sees, word } from './words.mjs';
export default {
  machine: { pages: 1 },
  actors: (m) => ({
    A: [function* raises(task) {
      yield Point.call;
      store(task.arena, word(m), 1);
      yield Point.call;
      store(task.arena, word(m), 0);
    }],
    B: [function* (task) {
      yield Point.call;
      sees(task, m);
    }],
  }),
};
`,
    );
    const scenario = await importScenario(join(directory, 'my.mjs'), {});
    const options = { strategy: 'search', seconds: 60, schedules: 1e6, preemptions: 2, seed: 1, settings: {}, explain: true };
    const critical = explore(scenario, options).failure?.explanation?.critical ?? assert.fail('no pair');
    assert.equal(critical.first.source, `${join(directory, 'words.mjs')}:4 (sees)`);
    assert.equal(critical.second.source, `${join(directory, 'my.mjs')}:12 (raises)`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
