/** A thread that only searches loads a bundle: it finds what a thread finds that has the modules, and refuses everything else. */
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
  for (const preemptions of [1, Number.POSITIVE_INFINITY])
    results.push(await threads.run({ kind: 'job', job: job(preemptions), index: 0 }));
  return { started, results };
}

const onDevice = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1';

/** Searches that break a rule. */
const broken: readonly Subject[] = [
  { scenario: `${onDevice}; A: cw 0 1 8; B: madvise 0 1 dontneed; end cr 0 1 is 9`, settings: {} },
  { scenario: 'device-fault-vs-munmap', settings: { retryCheck: 'none' }, driver: 'dmirror' },
];
const whole: readonly Subject[] = [
  { scenario: `${onDevice}; A: cw 0 1 8; B: munmap 0 1`, settings: {} },
  { scenario: `${onDevice}; A: dread 0 0 1; B: madvise 0 1 dontneed`, settings: {}, driver: 'gpusvm-xe' },
  { scenario: 'mini-hmm', settings: {} },
  { scenario: 'device-fault-vs-munmap@nouveau', settings: {} },
  // Tables of full size would have other states.
  { scenario: 'huge-sva-write-vs-fork', settings: {} },
];

for (const subject of [...whole, ...broken]) {
  test(`the same states, schedules and failure with the bundle as with modules: ${subject.scenario}`, async () => {
    const [bundled, modules] = [await searched(subject, 'search'), await searched(subject, 'all')];
    assert.ok(bundled.results.every(({ states }) => states > 0));
    assert.ok(bundled.results.every(({ failure }) => (failure !== null) === broken.includes(subject)));
    assert.deepEqual(bundled, modules);
  });
}

test('the bundle is not the module', () => {
  assert.notEqual(bundledWorker('explore').href, workerUrl('explore').href);
});

test('it refuses everything else', async () => {
  const { threads } = await Threads.start(whole[0] as Subject, 1, undefined, 'search');
  await using _ = threads;
  await assert.rejects(threads.run({ kind: 'points', text: undefined }), /a thread that only searches has no .*otherDuties/);
});

test('with a module of the user there are the modules that it imports', async () => {
  const subject = { scenario: 'device-fault-vs-munmap', settings: {}, driver: 'examples/kvm.mjs' };
  const { threads } = await Threads.start(subject, 1, undefined, 'search');
  await using _ = threads;
  const { stretches } = await threads.run({ kind: 'points', text: undefined });
  assert.ok(stretches.length > 0);
});
