import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Mutation, RaceOptions, RaceProgress, RaceResult } from '../src/index.ts';
import { race, raceOptions } from '../src/index.ts';

const run = (chosen: Partial<RaceOptions>): Promise<RaceResult> => race(raceOptions({ seconds: 1, pages: 64, ...chosen }));

/** Rules of a result, for messages. */
const found = ({ violations }: RaceResult): string => violations.map(({ rule, message }) => `${rule} ${message}`).join('\n');

/** What a race that exercises everything counts. */
const exercised = [
  'cpuFaults',
  'deviceFaults',
  'migratedToDevice',
  'migratedToSystem',
  'invalidations',
  'readRetries',
  'operations',
] as const;

test('everything is exercised by the default driver, sooner or later, without a violation', async () => {
  // However busy the machine is, it comes to that; a race in which it does not ends at its limit, and fails here.
  const stop = new AbortController();
  const onProgress = ({ counters }: RaceProgress): void => {
    if (exercised.every((name) => counters[name] > 0)) stop.abort();
  };
  const result = await race(raceOptions({ seconds: 180, pages: 64, seed: 7 }), { signal: stop.signal, onProgress });
  assert.equal(result.violations.length, 0, found(result));
  assert.deepEqual(
    exercised.filter((name) => result.counters[name] === 0),
    [],
  );
  assert.ok(result.windows.hit > 0);
});

test('huge pages come, move as a whole, come home and are split while everybody is at work', async () => {
  const stop = new AbortController();
  const wanted = ['hugeFaults', 'hugeMigrations', 'hugeSplits'] as const;
  const onProgress = ({ counters }: RaceProgress): void => {
    if (wanted.every((name) => counters[name] > 10)) stop.abort();
  };
  const result = await race(raceOptions({ seconds: 180, huge: true, seed: 7 }), { signal: stop.signal, onProgress });
  assert.equal(result.violations.length, 0, found(result));
  assert.deepEqual(
    wanted.filter((name) => result.counters[name] === 0),
    [],
  );
  assert.match(result.command, / --huge$/);
});

test('without huge pages nothing is counted of them', async () => {
  const { counters } = await run({ seconds: 0.5, seed: 7 });
  assert.deepEqual([counters.hugeFaults, counters.hugeMigrations, counters.hugeSplits], [0, 0, 0]);
});

test('a result is consistent, whether it is valid or not', async () => {
  const result = await run({ seconds: 1, seed: 7 });
  assert.equal(result.violations.length, 0, found(result));
  // A busy machine may make the run invalid; it must never make it a violation.
  assert.ok(['pass', 'invalid'].includes(result.verdict));
  assert.equal(result.retry === null, result.verdict === 'invalid' || result.shaken !== null);
  assert.ok((result.retry?.attemptsPerFault.mean ?? 1) >= 1);
  assert.ok(result.windows.hit <= result.windows.total);
  const bound = result.verdict === 'pass' && result.shaken === null ? 3 / result.counters.operations : null;
  assert.equal(result.confidence.boundPerOperation, bound);
  for (const [name, { p50Ns, p99Ns, p999Ns, maxNs, count }] of Object.entries(result.latency)) {
    assert.ok(count > 0 && p50Ns <= p99Ns && p99Ns <= p999Ns && p999Ns <= maxNs, name);
  }
});

test('more actors than cores', async () => {
  const result = await run({ cpus: 4, devices: 2, migrators: 2, disturbers: 2, seed: 3 });
  assert.equal(result.violations.length, 0, found(result));
});

test('settings of the device and policies of the retry loop, two of them at a time', async () => {
  const settings = [
    { engine: 'mutex', policy: 'progress' },
    { unlocked: 'on', policy: 'backoff' },
    { window: '1', notifierPages: '16' },
    { ownMigrate: 'treatAsForeign', policy: 'timeslice' },
  ];
  for (const driverSettings of settings) {
    const result = await run({ driverSettings: { ...driverSettings, deadlineMs: '5' }, seconds: 0.5, seed: 5 });
    assert.equal(result.violations.length, 0, `${JSON.stringify(driverSettings)}: ${found(result)}`);
    assert.ok(result.counters.deviceFaults > 0);
  }
});

/** Mistakes that show fast, and the rules that may catch them. */
const mistakes = [
  [{ retryCheck: 'none' }, /^I-(STALE|FREE|TLB|PERM|EXCL|DATA|LOST|ISO)$/],
  [{ retryCheck: 'beforeLock' }, /^I-(STALE|FREE|TLB|PERM|EXCL|DATA|LOST|ISO)$/],
  [{ setSeq: 'off' }, /^I-(STALE|FREE|TLB|PERM|EXCL|DATA|LOST|ISO)$/],
  [{ lockOnReturn: 'off' }, /^I-(STALE|FREE|TLB|DATA|LOST|ISO)$/],
] as const;

for (const [driverSettings, rules] of mistakes) {
  test(`a violation is found with ${JSON.stringify(driverSettings)}`, async () => {
    // Aimed: a stall where the check and the lock are apart.
    const delays = [
      { point: 'driverSnapshot', probability: 0.1, microseconds: 100 },
      { point: 'lock', probability: 0.001, microseconds: 100 },
    ];
    const result = await run({ seconds: 120, disturbers: 2, driverSettings, delays, seed: 2 });
    assert.equal(result.verdict, 'violation');
    assert.match(result.violations[0]?.rule ?? '', rules);
    assert.ok(result.violations[0]?.points.length);
    assert.match(result.command, new RegExp(`--driver dmirror:${Object.keys(driverSettings)[0]}=`));
    assert.equal(result.confidence.boundPerOperation, null);
  });
}

test('a worker killed in the middle is named', async () => {
  const result = await run({ seconds: 60, kill: { actor: 'migrator0', afterSeconds: 0.3 }, seed: 1 });
  assert.equal(result.verdict, 'violation');
  assert.ok(result.seconds < 60, 'the race ended before its time');
  const death = result.violations.find(({ message }) => message.includes('died'));
  assert.match(death?.message ?? '', /migrator0 .*when it died/);
});

test('with a mutation of the own in the model, the rule breaks that it is there to break, and is traced', async () => {
  const own: Mutation = {
    id: 'never-again',
    title: 'the collision check sees no collision',
    reference: 'made up',
    scenario: 'device-fault-vs-munmap',
    edits: [
      {
        module: 'notifier/sequence',
        in: 'mmuIntervalReadRetry',
        find: 'return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);',
        replace: 'return false;',
      },
    ],
  };
  let told = 0;
  const onReproducing = (): void => {
    told++;
  };
  const delays = [{ point: 'driverSnapshot', probability: 0.05, microseconds: 200 }];
  const result = await race({ bug: own, seconds: 20, pages: 32, disturbers: 2, delays, trace: 60 }, { onReproducing });
  assert.deepEqual([result.verdict, result.config.bug], ['violation', 'never-again']);
  assert.ok(told > 0 && result.trace !== null && result.trace.found !== null);
});

test('an aborted race gives what there is', async () => {
  const stop = new AbortController();
  const onProgress = ({ counters }: RaceProgress): void => {
    if (counters.operations > 0) stop.abort();
  };
  const result = await race(raceOptions({ seconds: 60, pages: 64 }), { signal: stop.signal, onProgress });
  assert.equal(result.verdict, 'interrupted', found(result));
  assert.ok(result.counters.operations > 0);
});

test('a race aborted before it began blames nobody', async () => {
  const result = await race(raceOptions({ seconds: 30, pages: 64 }), { signal: AbortSignal.abort() });
  assert.equal(result.verdict, 'interrupted', found(result));
  assert.equal(result.counters.operations, 0);
});

/** A driver module made of dmirror with one hook replaced. */
function withDriver<T>(body: string, use: (url: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
  const file = join(directory, 'driver.js');
  writeFileSync(
    file,
    `import { dmirror, LockClass, Mirror, mirrorMm, mmapReadLock, mmapReadUnlock, mutexLock, mutexUnlock } from 'hmm-lab';\n${body}`,
  );
  return use(pathToFileURL(file).href).finally(() => rmSync(directory, { recursive: true }));
}

/** It takes mmap_lock under its update lock, the reverse of what an invalidation does. */
const inverted = `
export default {
  ...dmirror,
  name: 'inverted',
  *fault(task, mirror, start, end, write) {
    yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
    yield* mmapReadLock(task, mirrorMm(task.arena, mirror));
    yield* mmapReadUnlock(task, mirrorMm(task.arena, mirror));
    yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
    return yield* dmirror.fault(task, mirror, start, end, write);
  },
};
`;

test('a lock order that could deadlock is reported though it has not', async () => {
  await withDriver(inverted, async (driver) => {
    const result = await run({ seconds: 60, driver });
    assert.equal(result.violations[0]?.rule, 'I-LOCK', found(result));
    assert.match(result.violations[0]?.message ?? '', /lock order/);
  });
});

test('the watchdog names a deadlock and who is in it', async () => {
  await withDriver(inverted, async (driver) => {
    const delays = [{ point: 'lock', probability: 0.01, microseconds: 200 }];
    const result = await run({ seconds: 120, driver, lockChecks: false, watchdogSeconds: 2, delays, disturbers: 2 });
    assert.equal(result.verdict, 'violation');
    assert.equal(result.violations[0]?.rule, 'I-DEAD', found(result));
    assert.match(result.violations[0]?.message ?? '', /deadlock: no progress for .*waits for/);
  });
});

test('the watchdog tells a livelock', async () => {
  const stuck = `
    export default { ...dmirror, name: 'stuck', *fault() { return 0; } };
  `;
  await withDriver(stuck, async (driver) => {
    const result = await run({ seconds: 120, driver, watchdogSeconds: 1, cpus: 1, migrators: 0, disturbers: 0 });
    assert.equal(result.violations[0]?.rule, 'I-PROG', found(result));
  });
});

test('with a bug by its id, pages that come home only when somebody else happens to bring them: a livelock', async () => {
  const result = await race({ bug: 'R80', pages: 64, seconds: 60, watchdogSeconds: 2 });
  assert.deepEqual([result.config.bug, result.trace], ['R80', null]);
  assert.equal(result.violations[0]?.rule, 'I-PROG', found(result));
  assert.match(result.violations[0]?.message ?? '', /^livelock: /);
});

test('impossible drivers are refused before anything starts', async () => {
  await assert.rejects(run({ driver: 'geforce' }), /geforce.*dmirror/s);
  await assert.rejects(run({ driverSettings: { retryCheck: 'sometimes' } }), /'sometimes', allowed: locked, beforeLock, none/);
  await assert.rejects(run({ driverSettings: { colour: 'red' } }), /no option 'colour'/);
  await withDriver('export default { ...dmirror, name: "half", evict: undefined };', async (driver) => {
    await assert.rejects(run({ driver }), /lacks evict/);
  });
});
