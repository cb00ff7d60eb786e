/** What changed between kernels: each behaviour by a few operations, with it and without it, and by the recording that shows it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bootMachine } from '../src/engines/conformance/machine.ts';
import { readRecording, type Script } from '../src/engines/conformance/recording.ts';
import { replayOn } from '../src/engines/conformance/replay.ts';
import { coreChanges, driverChanges } from '../src/kernels/changes.ts';
import { type Behaviour, behaviourOf, KERNELS, kernelNamed, NEWEST } from '../src/kernels/kernels.ts';
import { Older, type OlderName } from '../src/kernels/older.ts';
import { explore } from '../src/library/explore.ts';
import { measure } from '../src/library/measure.ts';
import { replay } from '../src/library/replay.ts';
import { packageRoot } from '../src/package/version.ts';
import type { Answer } from '../src/programs/answer.ts';
import { parseOperation } from '../src/programs/operation.ts';
import { performCounted } from '../src/programs/perform.ts';
import { run } from '../src/steps/steps.ts';

const changes = { ...coreChanges, ...driverChanges };
const names = Object.keys(changes);
const isCore = (name: string): name is OlderName => name in coreChanges;

/** The newest kernel with one behaviour of before. */
const withOne = (name: string): Behaviour =>
  isCore(name)
    ? { older: Older[name], options: {} }
    : { older: 0, options: { [name]: (driverChanges[name] as { value: string }).value } };

/** What the last of some operations is answered. */
function lastAnswer(behaviour: Behaviour, operations: readonly string[]): Answer {
  const machine = bootMachine(behaviour, false);
  let answer: Answer = {};
  for (const text of operations) answer = run(performCounted(machine.task, machine, parseOperation(text)));
  return answer;
}

interface Example {
  readonly operations: readonly string[];
  readonly before: Answer;
  readonly now: Answer;
}

const touched = ['open 0 0', 'mmap 0 4 rw anon', 'cw 0 4 1'];
const huge = ['open 0 0', 'mmap 0 512 rw anon', 'madvise 0 512 hugepage'];
const examples: Readonly<Record<string, Example>> = {
  mprotectNeedsDirty: {
    operations: ['open 0 0', 'mmap 0 1 rw anon', 'dmig 0 0 1', 'cr 0 1', 'mprotect 0 1 r', 'mprotect 0 1 rw', 'cw 0 1 5'],
    before: { flt: 1 },
    now: { flt: 0 },
  },
  mprotectLeavesHugeReadOnly: {
    operations: [...huge, 'cw 0 1 5', 'mprotect 0 512 r', 'mprotect 0 512 rw', 'cw 0 1 6'],
    before: { flt: 1 },
    now: { flt: 0 },
  },
  longtermPinsShared: { operations: ['mmap 0 1 rw anon', 'gup longterm 0 1'], before: { n: 1, flt: 1 }, now: { n: 1, flt: 2 } },
  mprotectKeepsAccount: {
    operations: ['mmap 0 2 rw anon', 'mprotect 0 1 r', 'cr 0 1', 'gup longterm 0 1', 'cw 1 1', 'mprotect 0 1 rw', 'maps'],
    before: { m: [[0, 2, 'rw-p', 0, 0]] },
    now: { m: [[0, 1, 'rw-p', 0, 0], [1, 2, 'rw-p', 0, 0]] }, // biome-ignore format: one VMA after the other
  },
  splitPmdTakesHugetlb: {
    operations: ['open 0 0', 'mmap 0 512 rw huge', 'excl 0 0 1'],
    before: { e: 95, flt: 1 },
    now: { e: 95, flt: 0 },
  },
  populateSkipsHoles: {
    operations: ['mmap 0 1 rw anon', 'mmap 2 1 rw anon', 'madvise 0 3 popread'],
    before: { e: 12, flt: 2 },
    now: { e: 12, flt: 1 },
  },
  newMappingJoinsNext: {
    operations: ['mmap 0 1 rw anon', 'cw 0 1', 'mmap 2 1 rw anon', 'cw 2 1', 'mmap 1 1 rw anon', 'maps'],
    before: { m: [[0, 1, 'rw-p', 0, 0], [1, 3, 'rw-p', 0, 0]] }, // biome-ignore format: one VMA after the other
    now: { m: [[0, 2, 'rw-p', 0, 0], [2, 3, 'rw-p', 0, 0]] }, // biome-ignore format: one VMA after the other
  },
  noGuardRegions: {
    operations: ['mmap 0 2 rw anon', 'cw 0 2 1', 'madvise 1 1 102', 'cr 0 2'],
    before: { v: [1, 2] },
    now: { v: [1, 'SEGV1'] },
  },
  hugeZeroSplits: { operations: [...huge, 'cr 0 1', 'cw 0 1 5', 'pm 1 1'], before: { k: ['z'] }, now: { k: ['shx'] } },
  splitKeepsZeroes: {
    operations: [...huge, 'cw 0 256 1', 'dmig 0 3 1', 'pm 255 2'],
    before: { k: ['sx', 'sx'] },
    now: { k: ['sx', 'z'] },
  },
  reuseNeedsLastPiece: {
    operations: [...huge, 'cw 0 512 1', 'fork 1', 'mprotect 0 1 r', '@1 exit', 'cw 2 1', 'pm 2 1'],
    before: { k: ['sx'] },
    now: { k: ['shx'] },
  },
  collectSplitsAll: {
    operations: [...huge, 'cw 0 512 1', 'dsys 0 0 1', 'snap 0 0 1'],
    before: { p: ['W'] },
    now: { p: ['W+pmd'] },
  },
  collapseNeedsWritable: {
    operations: [...huge.slice(0, 2), 'cw 0 1', 'mprotect 0 512 r', 'madvise 0 512 collapse'],
    before: { e: 22 },
    now: { e: 0 },
  },
  dontneedKeepsTable: {
    operations: [...huge.slice(0, 2), 'cw 0 1', 'madvise 0 512 hugepage', 'madvise 0 512 dontneed', 'cr 0 1', 'pm 0 1'],
    before: { k: ['z'] },
    now: { k: ['zh'] },
  },
  exclusiveFollowsMprotect: {
    operations: [...touched, 'excl 0 0 1', 'mprotect 0 1 r', 'pm 0 1'],
    before: { k: ['er'] },
    now: { k: ['ew'] },
  },
  mremapOfOneVma: {
    operations: ['mmap 0 1 rw anon', 'mmap 1 1 r anon', 'mremap 0 2 8 2'],
    before: { e: 14 },
    now: { e: 0 },
  },
  changedVmaGivesNoAnon: {
    operations: ['mmap 0 1 rw anon', 'madvise 0 1 dontfork', 'mmap 1 1 rw anon', 'cw 1 1', 'madvise 1 1 dontfork', 'maps'],
    before: { m: [[0, 1, 'rw-p', 0, 0], [1, 2, 'rw-p', 0, 0]] }, // biome-ignore format: one VMA after the other
    now: { m: [[0, 2, 'rw-p', 0, 0]] },
  },
  compoundStays: {
    operations: [...huge, 'cw 0 512 1', 'mprotect 0 1 r', 'dmig 0 100 1', 'pm 100 1'],
    before: { k: ['shx'] },
    now: { k: ['dw'] },
  },
  pagemapMarksDevice: {
    operations: [...touched, 'dmig 0 0 1', 'pm 0 2'],
    before: { k: ['dwx', 'sx'] },
    now: { k: ['dw', 'sx'] },
  },
  commandsUpToRelease: { operations: [...touched, 'badioctl 0 9'], before: { e: 22 }, now: { e: 0 } },
  exclusiveRule: { operations: [...touched, 'excl 0 9 1'], before: { e: 16 }, now: { e: 14 } },
  exclusiveOwner: {
    operations: [...touched, 'dread 0 0 4', 'excl 0 0 1', 'dread 0 1 1'],
    before: { e: 0, f: 0 },
    now: { e: 0, f: 1 },
  },
  window: {
    operations: ['open 0 0', 'mmap 0 40 rw anon', 'cw 32 2 1', 'dmig 0 33 1', 'dread 0 0 34', 'pm 33 1'],
    before: { k: ['sx'] },
    now: { k: ['dw'] },
  },
  batch: { operations: [...huge, 'cw 0 512 1', 'dmig 0 0 512', 'snap 0 0 1'], before: { p: ['LW'] }, now: { p: ['LW+pmd'] } },
  hugePages: { operations: [...huge, 'cw 0 512 1', 'dmig 0 0 512', 'snap 0 0 1'], before: { p: ['LW'] }, now: { p: ['LW+pmd'] } },
  holeWrite: {
    operations: ['open 0 0', 'mmap 0 1 rw anon', 'dmig 0 0 1', 'dwrite 0 0 1 7'],
    before: { e: 0, f: 0 },
    now: { e: 0, f: 1 },
  },
};

const pick = (answer: Answer, fields: Answer): Answer =>
  Object.fromEntries(Object.keys(fields).map((field) => [field, answer[field]]));

test('every change has an example, and a version between the oldest kernel and the newest', () => {
  assert.deepEqual(Object.keys(examples).sort(), [...names].sort());
  for (const [name, { since }] of Object.entries(changes)) assert.match(since, /^[67]\.\d+$/, name);
});

for (const [name, { operations, before, now }] of Object.entries(examples)) {
  test(`${name}: before, and now`, () => {
    assert.notDeepEqual(before, now);
    assert.deepEqual(pick(lastAnswer(withOne(name), operations), before), before);
    assert.deepEqual(pick(lastAnswer(behaviourOf(NEWEST), operations), now), now);
  });
}

test('the oldest kernel has everything of before, the newest nothing', () => {
  const [oldest] = KERNELS;
  const { older, options } = behaviourOf(oldest);
  assert.equal(
    older,
    Object.values(Older).reduce((bits, bit) => bits | bit, 0),
  );
  assert.deepEqual(Object.keys(options).sort(), Object.keys(driverChanges).sort());
  assert.deepEqual(behaviourOf(NEWEST), { older: 0, options: {} });
});

const recordings = fileURLToPath(new URL('recordings/', packageRoot));
const recorded: readonly Script[] = readdirSync(recordings)
  .filter((name) => name.endsWith('.gz'))
  .flatMap((name) => readRecording(join(recordings, name)));

for (const [name, { script: id }] of Object.entries(changes)) {
  if (id === null) continue;
  test(`${name}: without it, the recording ${id} of ${NEWEST} disagrees`, () => {
    const script = recorded.find((one) => one.id === id && one.kernel === NEWEST);
    assert.ok(script !== undefined);
    assert.deepEqual(replayOn(script, behaviourOf(NEWEST)), []);
    assert.notDeepEqual(replayOn(script, withOne(name)), []);
  });
}

test('a version is known by its series; another one is refused in one sentence', () => {
  assert.equal(kernelNamed('7.3.4-1~bpo13+1', 'kernel'), '7.3');
  assert.equal(kernelNamed('6.1', 'kernel'), '6.1');
  for (const version of ['6.12', '7', '7.30', '', 'v7.3'])
    assert.throws(() => kernelNamed(version, "the 'kernel'"), {
      name: 'UsageError',
      message: `the 'kernel' is '${version}', the model has Linux 6.1 and 7.3`,
    });
});

test('a failure found in an older kernel is seen again in it: its token says which', async () => {
  const bug = 'R05';
  const { failure } = await explore({ scenario: 'device-fault-vs-munmap', bug, kernel: '6.1', seconds: 20, workers: 1 });
  assert.ok(failure !== null);
  const again = await replay({ token: failure.token });
  assert.equal(again.failure?.token, failure.token);
  assert.equal(again.failure?.oracle, failure.oracle);
});

test('a sweep measures a driver in an older kernel: 64 pages are one range fault there, and two in the newest', async () => {
  const out = mkdtempSync(join(tmpdir(), 'hmm-lab-kernels-'));
  try {
    const drivers = ['dmirror:kernel=6.1', 'dmirror'];
    const axes = { range: 64, pages: 64, invalidations: 1000 };
    const { rows } = await measure({ engine: 'simulate', drivers, axes, seconds: 0.001, faults: 50, repetitions: 1, out });
    const passes = rows.map(({ n, timeToStable }) => Math.round((timeToStable?.count ?? 0) / n));
    assert.deepEqual(passes, [1, 2]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
