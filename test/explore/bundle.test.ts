/** A thread that searches loads one file: what it finds is what a thread finds that has the modules, and nothing else is asked of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchJob } from '../../src/engines/explore/plan/job.ts';
import { type Duty, Threads } from '../../src/engines/explore/threads/threads.ts';
import type { Subject } from '../../src/engines/explore/threads/work.ts';
import { bundledWorker } from '../../src/package/bundledWorker.ts';
import { workerUrl } from '../../src/package/workerUrl.ts';

const job = (preemptions: number): SearchJob => ({
  kind: 'search',
  preemptions,
  executions: 1e9,
  until: Number.POSITIVE_INFINITY,
  states: 20_000,
});

async function searched(subject: Subject, duty: Duty) {
  const { threads, started } = await Threads.start(subject, 1, undefined, duty);
  await using _ = threads;
  const results = [];
  for (const [index, preemptions] of [1, Number.POSITIVE_INFINITY].entries())
    results.push(await threads.run({ kind: 'job', job: job(preemptions), index }));
  return { started, results };
}

const onDevice = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1';

const subjects: readonly Subject[] = [
  { scenario: `${onDevice}; A: cw 0 1 8; B: munmap 0 1`, settings: {} },
  { scenario: `${onDevice}; A: dread 0 0 1; B: madvise 0 1 dontneed`, settings: {}, driver: 'gpusvm-xe' },
  // One that breaks a rule.
  { scenario: `${onDevice}; A: cw 0 1 8; B: madvise 0 1 dontneed; end cr 0 1 is 9`, settings: {} },
  { scenario: 'mini-hmm', settings: {} },
  { scenario: 'device-fault-vs-munmap@nouveau', settings: {} },
];

for (const subject of subjects) {
  test(`the same states, schedules and failure with one file as with modules: ${subject.scenario}`, async () => {
    const [bundled, modules] = [await searched(subject, 'search'), await searched(subject, 'all')];
    assert.ok(bundled.results.every(({ states }) => states > 0));
    assert.deepEqual(bundled, modules);
  });
}

test('the file is not the module', () => {
  assert.notEqual(bundledWorker('explore').href, workerUrl('explore').href);
});

test('it is asked for nothing else', async () => {
  const { threads } = await Threads.start(subjects[0] as Subject, 1, undefined, 'search');
  await using _ = threads;
  await assert.rejects(threads.run({ kind: 'points', text: undefined }), /a thread that only searches has no .*seldom/);
});

test('with a module of the user there are the modules that it imports', async () => {
  const subject = { scenario: 'device-fault-vs-munmap', settings: {}, driver: 'examples/kvm.mjs' };
  const { threads } = await Threads.start(subject, 1, undefined, 'search');
  await using _ = threads;
  const { stretches } = await threads.run({ kind: 'points', text: undefined });
  assert.ok(stretches.length > 0);
});
