/** Programs under the explorer: what they may answer is known without an author, and what they may not is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EBUSY, ENOMEM } from '../../src/arena/errno.ts';
import { explore } from '../../src/engines/explore/explore.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { Xorshift } from '../../src/engines/explore/sampling/scheduler.ts';
import { allowed } from '../../src/programs/allowed.ts';
import { parseProgram } from '../../src/programs/program.ts';
import { taskOf } from '../../src/scenarios/programs/boot.ts';
import { judge } from '../../src/scenarios/programs/judge.ts';
import { run } from '../../src/steps/steps.ts';
import { wholeSearch } from './wholeSearch.ts';

const explored = (text: string, settings: Readonly<Record<string, string>> = {}) =>
  explore(scenarioNamed(text, settings), { ...wholeSearch, seconds: 60, settings });

const onDevice = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1';

const proved: readonly string[] = [
  'given mmap 0 1 rw anon; A: cw 0 1 8; B: munmap 0 1',
  `${onDevice}; A: cw 0 1 8; B: madvise 0 1 dontneed; end cr 0 1 is 0 or 8`,
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dwrite 0 0 1 5; B: fork 1',
  // The child keeps what was written since the page was last in swap, also when its parent has a page of its own by then.
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | madvise 0 1 pageout | cr 0 1 | cw 0 1 8; A: cw 0 1 11; B: fork 2',
  'given mmap 0 1 rw anon | cw 0 1 7 | madvise 0 1 pageout | cr 0 1 | cw 0 1 8 | fork 1 | cw 0 1 9; A: reclaim 0 1 | @1 cr 0 1; B: cw 0 1 10',
  // Whoever is the last takes the process down, and the file goes with the last command on it.
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dread 0 0 1; B: exit',
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dread 0 0 1; B: close 0',
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | fork 1; A: @1 cw 0 1 8; B: dwrite 0 0 1 5',
  'given file 0 1 | mmap 0 1 rw fshared 0; A: cw 0 1 8; B: fpunch 0 0 1',
  'given mmap 0 1 rw anon | cw 0 1 7; A: munmap 0 1; B: mremap 0 1 2 1',
  // Found by the matrix: each was a mistake of the model or of a driver once.
  'given open 0 0 | file 0 1 | mmap 0 1 rw fpriv 0 | cr 0 1; A: dmig 0 0 1; B: rel 0 0 1',
  'given open 0 0 | file 0 1 | mmap 0 1 rw fshared 0 | cw 0 1 7; A: fpunch 0 0 1; B: ftrunc 0 0',
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | madvise 0 1 pageout | cr 0 1; A: dwrite 0 0 1 11; B: close 0',
  'given open 0 0 | mmap 0 H rw anon | madvise 0 H hugepage | cw 0 1 7; A: madvise 0 H dontneed; B: excl 0 0 1',
  'given open 0 0 | mmap 0 H rw anon | madvise 0 H hugepage | cw 0 1 7; A: cw 0 1 11; B: fork 2',
  'given open 0 0 | mmap 0 H rw anon | madvise 0 H hugepage | cw 0 1 7; A: munmap 0 1; B: madvise 0 1 dontneed',
  'given open 0 0 | mmap 0 H rw anon | cw 0 H 7 | madvise 0 H hugepage; A: madvise 0 H dontneed; B: dread 0 0 1',
  'given open 0 0 | mmap 0 2 rw anon | cw 0 2 7 | dmig 0 0 1; A: cw 0 1 11; B: mremap 0 2 2H 1',
  'given open 0 0 | file 0 1 | mmap 0 1 rw fpriv 0 | cr 0 1; A: ftrunc 0 0; B: ftrunc 0 0 | cr 0 1',
  'given open 0 0 | file 0 1 | mmap 0 1 rw fshared 0; A: ftrunc 0 0 | cr 0 1; B: fwrite 0 0 12',
  // The flag of guard regions is set under mmap_lock for reading.
  'given open 0 0 | mmap 0 2 rw anon | cw 0 1 7; A: dread 0 0 1; B: madvise 1 1 102',
  // Found by the fuzzer: a file that goes waits for whoever has a page of it locked.
  'given open 0 0 | mmap 0 2 rw sanon | cr 0 2 | dmig 0 0 1; A: reclaim 0 1 | dwrite 0 0 1 11 | dsys 0 0 1; B: munmap 0 2 | dmig 0 1 1',
  // A pin that lasts keeps a reference on what it moves: nobody else has moved it by then.
  'given open 2 2 | mmap 0 1 rw anon | cw 0 1 7 | dmig 2 0 1; A: gup longterm 0 1 w; B: rel 2 0 1',
  // Who misses a page waits until it was filled.
  'given mmap 0 1 rw anon | uregister 0 1; A: cr 0 1; B: ucopy 0 1 9',
  'given open 0 0 | mmap 0 1 rw anon | uregister 0 1; A: dread 0 0 1; B: ucopy 0 1 9',
  // A device goes when nobody has it open any more, and its pages have gone home.
  `${onDevice}; A: cw 0 1 8; B: close 0 | unbind 0`,
  `${onDevice}; A: dwrite 0 0 1 5; B: close 0 | unbind 0`,
  `${onDevice}; A: open 1 0 | dread 1 0 1; B: close 0 | unbind 0`,
  // Both open a file in the same slot: one of them closes that of the other, which is at work with it.
  'given mmap 0 1 rw anon | cw 0 1 7; A: open 3 0 | dread 3 0 1; B: open 3 0',
  // Each file of a device hears of what the other one does.
  'given open 1 1 | mmap 0 1 rw anon | cw 0 1 7; A: open 3 1 | dread 3 0 1; B: dmig 1 0 1',
  'given open 1 1 | open 3 1 | mmap 0 1 rw anon | cw 0 1 7; A: dread 3 0 1; B: excl 1 0 1',
  // Behind the OOM reaper a write to a private mapping of a file is refused, and nothing is left there.
  'given file 0 1 | mmap 0 1 rw fpriv 0 | cw 0 1 7; A: cw 0 1 8; B: oomreap',
  'given open 0 0 | mmap 0 1 rw anon; A: dmig 0 0 1; B: oomreap',
  // A page that comes into a file behind its truncation is none of it.
  'given open 0 0 | file 0 1 | mmap 0 1 rw fshared 0; A: dread 0 0 1; B: madvise 0 1 dontneed | ftrunc 0 0',
  // munmap takes the mapping away before the entries: a write is refused, and a read that comes later and needs no fault is not.
  'given mmap 0 1 rw anon | cr 0 1; A: cw 0 1 11 | cr 0 1; B: munmap 0 1',
  // The memory behind page 1 is not that which is mapped anew at page 0.
  'given open 0 0 | mmap 0 2 rw sanon; A: mmap 0 1 rw sanon; C: dwrite 0 1 1 12',
  // Both know the page from their TLBs.
  'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | A: cr 0 1 | B: cr 0 1 | A: dread 0 0 1; A: dread 0 0 1; B: munmap 0 1',
  // A device that brings its page home before it writes finds nothing mapped there: EFAULT, as at first.
  `${onDevice} | fork 1; A: munmap 0 1; B: dwrite 0 0 1 5`,
  // Unmapped between the two halves of mlock, or moved away: it could not have brought the page in, and need not.
  'given mmap 0 2 rw sanon | mprotect 0 1 -; A: munmap 0 2; B: mlock 0 1',
  'given mmap 0 1 rw anon | mprotect 0 1 -; A: mremap 0 1 4 1; B: mlock 0 1',
];

for (const text of proved) {
  test(`proved: ${text}`, () => {
    const { verdict, failure, states } = explored(text);
    assert.equal(verdict, 'proved', failure?.message);
    assert.ok(states > 20);
  });
}

test('what moves as a whole or not at all may give up in a race, and what moves as far as it can may not', () => {
  const text = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: mlock 0 1; B: dmig 0 0 1';
  for (const transaction of ['partial', 'allOrNothing']) {
    const { verdict, failure } = explored(text, { transaction });
    assert.equal(verdict, 'proved', failure?.message);
  }
  const operation = parseProgram(text).columns[1]?.operations[0];
  assert.ok(operation !== undefined);
  const usual = { actor: 'B', operation, driver: {}, errors: new Set([0]), pages: null, byTime: null, unmapsBesides: false };
  judge({ ...usual, movesWhole: true }, { e: EBUSY });
  assert.throws(() => judge({ ...usual, movesWhole: false }, { e: EBUSY }), {
    rule: 'I-OUT',
    message: /'dmig 0 0 1' of B answers EBUSY; in sequential orders it answers success/,
  });
});

test('mlock of what cannot be brought in may succeed where somebody unmaps it, and nowhere else', () => {
  const operation = parseProgram('A: mlock 0 1; B: munmap 0 1').columns[0]?.operations[0];
  assert.ok(operation !== undefined);
  const usual = { actor: 'A', operation, driver: {}, movesWhole: false, errors: new Set([ENOMEM]), pages: null, byTime: null };
  judge({ ...usual, unmapsBesides: true }, { e: 0 });
  assert.throws(() => judge({ ...usual, unmapsBesides: false }, { e: 0 }), { rule: 'I-OUT', message: /answers success/ });
});

/** Found by the matrix of other drivers: each was a mistake of the model or of an oracle once. */
const ofOthers: readonly (readonly [string, string])[] = [
  // The first interval of an address space comes while a hole is punched, which holds no mmap_lock.
  ['kfd-svm', 'given open 0 0 | file 0 1 | mmap 0 1 rw fshared 0 | cw 0 1 7; A: fpunch 0 0 1; B: dread 0 0 1'],
  // The error of a move home is not that of the access.
  ['kfd-svm', 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | fork 1; A: munmap 0 1; B: datomic 0 0 1'],
  // Once the notifiers are released none of them refuses.
  ['amdgpu-userptr', 'given open 1 1 | open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dread 0 0 1 | dread 1 0 1; A: exit; B: oomreap'],
  // Atomics in coherent memory of the device's own, whoever else is there.
  ['kfd-svm', 'given open 2 2 | mmap 0 1 rw anon | cw 0 1 7 | dmig 2 0 1; A: cw 0 1 11; B: datomic 2 0 1'],
];
for (const [driver, text] of ofOthers)
  test(`proved with ${driver}: ${text}`, () => {
    const { verdict, failure } = explored(`${text}@${driver}`);
    assert.equal(verdict, 'proved', failure?.message);
  });

test('an atomic that finds no way into memory of the device says so, and has done nothing', () => {
  const { failure } = explore(
    scenarioNamed('given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | madvise 0 1 pageout; A: cr 0 1; B: datomic 0 0 1@kfd-svm'),
    { ...wholeSearch, seconds: 5, preemptions: 1 },
  );
  assert.equal(failure, null, failure?.message);
});

/** A worker of a driver keeps nobody: the process may exit, and the device be closed, under it. */
const mappedThere = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dwrite 0 0 1 6';
const withWorkers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['kfd-svm', { xnack: 'off' }],
  ['amdgpu-userptr', { queues: 'compute' }],
];
for (const [driver, settings] of withWorkers) {
  for (const rest of [
    'A: mprotect 0 1 r | work 0; B: exit',
    'A: mprotect 0 1 r | work 0; B: close 0',
    'A: mprotect 0 1 r; B: exit; C: work 0',
  ])
    test(`proved with ${driver}: ${rest}`, () => {
      const { verdict, failure } = explored(`${mappedThere}; ${rest}@${driver}`, settings);
      assert.equal(verdict, 'proved', failure?.message);
    });
}

test('as the kernel has it: a page that is held for a moment is not evicted, and the unbinding waits for who maps it', () => {
  const { failure } = explored('given open 2 2 | mmap 0 1 rw anon | cw 0 1 7 | dmig 2 0 1; A: pvr 0 1; B: close 2 | unbind 2');
  assert.equal(failure?.oracle, 'I-DEAD');
});

test('what is to be reached is, or the proof is about nothing', () => {
  const text = 'given mmap 0 1 rw anon; A: cw 0 1 8; B: munmap 0 1; reach A at setPte while B at lock';
  assert.equal(explored(text).verdict, 'proved');
  assert.equal(explored(`${text}; reach B at migrateCommit`).verdict, 'vacuous');
});

test('what the program says about the end is held against it', () => {
  const { verdict, failure } = explored(`${onDevice}; A: cw 0 1 8; B: madvise 0 1 dontneed; end cr 0 1 is 8`);
  assert.equal(verdict, 'violation');
  assert.match(failure?.message ?? '', /'cr 0 1' finds 0 at the end, which should be 8/);
});

/** A driver's mistake is found without a word about what should be. */
const mistakes: readonly (readonly [Readonly<Record<string, string>>, string, string])[] = [
  // Memory is mapped for it whoever goes first, so EFAULT is no answer, also if each order shows it.
  [{ readOnlyOwn: 'fail' }, 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1 | fork 1; A: dwrite 0 0 1 5', 'I-OUT'],
  [{ ownEvents: 'device' }, 'given open 1 1 | open 3 1 | mmap 0 1 rw anon | cw 0 1 7; A: dread 3 0 1 | dmig 1 0 1', 'I-STALE'],
  [{ ownEvents: 'device' }, 'given open 1 1 | open 3 1 | mmap 0 1 rw anon | cw 0 1 7; A: dread 3 0 1 | excl 1 0 1', 'I-EXCL'],
  [{ retryCheck: 'none' }, 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dread 0 0 1; B: munmap 0 1', 'I-STALE'],
  [{ foreignCounter: 'off' }, 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dmig 0 0 1; B: madvise 0 1 dontneed', 'I-FREE'],
];

for (const [settings, text, rule] of mistakes) {
  test(`${JSON.stringify(settings)} breaks ${rule}, and the driver as it is does not: ${text}`, () => {
    assert.equal(explored(text).verdict, 'proved');
    assert.equal(explored(text, settings).failure?.oracle, rule);
  });
}

const values = (text: string, column: number, place: number) =>
  allowed(parseProgram(text), new Set(), () => false)?.columns[column]?.[place]?.map((found) => [...found].sort());

test('ideal memory: what an access may find', () => {
  const given = 'given mmap 0 2 rw anon | cw 0 2 7';
  assert.deepEqual(values(`${given}; A: cr 0 2; B: madvise 0 1 dontneed`, 0, 0), [[0, 7], [8]]);
  assert.deepEqual(values(`${given}; A: cr 0 1; B: cw 0 1 9 | munmap 0 1`, 0, 0), [[7, 9, 'refused']]);
  assert.deepEqual(values(`${given}; A: cw 0 1 9 | cr 0 1; B: munmap 0 1`, 0, 1), [[7, 9, 'refused']]);
  assert.deepEqual(values(`${given}; A: cw 0 1 9 | cr 0 1; B: mprotect 0 1 r`, 0, 1), [[7, 9]]);
  assert.deepEqual(values(`${given}; A: cw 0 1 9 | cr 0 1; B: madvise 0 1 dontneed`, 0, 1), [[0, 9]]);
  assert.deepEqual(values(`${given}; A: fork 1 | @1 cr 0 1; B: cw 0 1 9`, 0, 1), [[7, 9]]);
  assert.deepEqual(values(`${given}; A: mremap 0 1 4 1 | cr 4 1; B: cw 0 1 9`, 0, 1), [[7, 9]]);
  assert.deepEqual(values(`${given}; A: madvise 0 1 free | cr 0 1; B: cw 0 1 9`, 0, 1), [[0, 7, 9]]);
  // What is at a guard region is discarded before the guard is there: Linux 7.3 shows the zero, too.
  assert.deepEqual(values(`${given}; A: cr 0 2; B: madvise 0 1 102`, 0, 0), [[0, 7, 'refused'], [8]]);
  assert.equal(values(`${given}; A: mresize 0 1 2; B: cr 0 1`, 0, 0), undefined);
});

test('ideal memory: what is at a page at the end may be shared, or not', () => {
  const text = 'given open 0 0 | mmap 0 1 rw anon; A: mmap 0 1 rw sanon | dwrite 0 0 1 11; B: cw 0 1 12 | mremap 0 1 4 1';
  const ends = allowed(parseProgram(text), new Set(), () => false)?.ends;
  assert.deepEqual([...(ends?.get('0 4') ?? [])].sort(), [0, 11, 12]);
});

/** An operation at random, on a few pages. */
function operation(random: Xorshift, value: number): string {
  const page = random.below(3);
  const all = [
    `cr ${page} 1`,
    `cw ${page} 1 ${value}`,
    `munmap ${page} 1`,
    `mprotect ${page} 1 ${['-', 'r', 'rw'][random.below(3)]}`,
    `madvise ${page} 1 ${['dontneed', 'free', 'pageout', 'dontfork', 'wipeonfork', '102', '103'][random.below(7)]}`,
    `mmap ${page} 1 rw ${['anon', 'sanon', 'fpriv 0', 'fshared 0'][random.below(4)]}`,
    `mremap ${page} 1 ${random.below(3)} 1`,
    `dread 0 ${page} 1`,
    `dwrite 0 ${page} 1 ${value}`,
    `dmig 0 ${page} 1`,
    `dsys 0 ${page} 1`,
    `excl 0 ${page} 1`,
    `pvw ${page} 1 ${value}`,
    `fwrite 0 ${random.below(2)} ${value}`,
    `ftrunc 0 ${random.below(3)}`,
    `fpunch 0 ${random.below(2)} 1`,
    `@1 cr ${page} 1`,
    `@1 cw ${page} 1 ${value}`,
    'fork 1',
    '@1 exit',
  ];
  return all[random.below(all.length)] as string;
}

test('ideal memory and the model agree on programs with one column', () => {
  const random = new Xorshift(1);
  let accesses = 0;
  for (let program = 0; program < 400; program++) {
    const column: string[] = [];
    let children = 0;
    for (let i = 0; i < 12; i++) {
      const next = operation(random, 100 + i);
      if (next !== 'fork 1' || children++ === 0) column.push(next);
    }
    const text = `given open 0 0 | file 0 2 | mmap 0 3 rw anon | cw 0 3 1; A: ${column.join(' | ')}`;
    const { arena, actors, check } = scenarioNamed(text).prepare();
    const task = taskOf(arena, 0);
    const [{ operations }] = actors as [(typeof actors)[0]];
    // What it must not find it says itself.
    for (const step of operations) assert.doesNotThrow(() => run(step(task)), text);
    assert.deepEqual(check(), [], text);
    accesses += column.filter((one) => /cr|cw|dread|dwrite|pvw/.test(one)).length;
  }
  assert.ok(accesses > 1000, `${accesses}`);
});
