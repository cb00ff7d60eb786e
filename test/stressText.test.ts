import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counterNames } from '../src/arena/counters.ts';
import { raceOptions } from '../src/engines/race/command.ts';
import type { RaceProgress, RaceResult, RaceViolation } from '../src/engines/race/types.ts';
import { progressLine, startLive } from '../src/report/live.ts';
import { stressText } from '../src/report/stressText.ts';
import { isLive, plainStyle, styleFor } from '../src/report/style.ts';
import { compact, count, duration, percent, plural } from '../src/report/units.ts';

const none = Object.fromEntries(counterNames.map((name) => [name, 0])) as Record<(typeof counterNames)[number], number>;
const counters = { ...none, operations: 1_234_567, cpuFaults: 5000, rangeFaultPasses: 2000, readRetries: 40, rangeBusy: 22 };
const times = (p50Ns: number, count = 1000) => ({ count, p50Ns, p99Ns: 80_000, p999Ns: 1_200_000, maxNs: 31_000_000 });

const clean: RaceResult = {
  schema: 'hmm-lab/stress/1',
  version: '0.1.0',
  verdict: 'pass',
  seed: 42,
  config: raceOptions({ seed: 42 }),
  seconds: 8.01,
  counters,
  retry: { attemptsPerFault: { mean: 1.0309, p50: 1, p99: 2, max: 9 }, rate: 0.031, timeToStable: times(12_000) },
  latency: { cpuWrite: times(856, 20_000), deviceRead: times(14_400), never: times(0, 0) },
  windows: { total: 54, hit: 2, hits: { setPte: 7, lock: 1234, unlock: 0 } },
  overlap: { gauge: 0.83, observed: 1228, expected: 1480, coresUsed: 1.87, required: 0.2, valid: true },
  shaken: null,
  evidence: {
    sufficient: true,
    why: null,
    operations: { seen: 1_234_567, required: 1000 },
    windows: { seen: 2, required: 2 },
    hits: { seen: 1241, required: 100 },
  },
  violations: [],
  log: [],
  confidence: { trials: 1_234_567, boundPerOperation: 3 / 1_234_567, text: 'text of the engine' },
  command: 'npx hmm-lab stress --seed 42 --seconds 8',
};

const broken: RaceViolation = {
  rule: 'I-STALE',
  message: 'I-STALE: device 1 maps page 53, the CPU entry is 0',
  actor: 'device0',
  operation: 'deviceRead',
  points: ['lock', 'setPte', 'setPte', 'setPte', 'flushTlb'],
  held: ['updateLock'],
  stack: 'Violation: I-STALE: device 1 maps page 53\n    at pass (fault.js:76:25)\n    at fault (fault.js:99:25)',
};

const violated: RaceResult = {
  ...clean,
  verdict: 'violation',
  seconds: 2,
  violations: [broken],
  confidence: { trials: 9, boundPerOperation: null, text: 'no bound: the run was not clean' },
};

function assertHas(text: string, ...lines: string[]): void {
  const all = text.split('\n');
  for (const line of lines) assert.ok(all.includes(line), `no line '${line}' in\n${text}`);
}

test('a clean run: verdict first, then what it rests on', () => {
  const text = stressText(clean);
  assert.equal(text.split('\n')[0], 'PASS: no rule was broken in 1,234,567 operations in 8.0 s (driver dmirror, seed 42).');
  assertHas(
    text,
    '  operations  1,234,567    range fault passes  2,000    range busy  22',
    '  cpu faults      5,000    read retries           40',
    '  3.1 % of all passes were thrown away',
    '  attempts per device fault: mean 1.031, p50 1, p99 2, max 9',
    '  time to a stable one: p50 12 us, p99 80 us, max 31 ms',
    'Latency         count     p50    p99   p99.9    max',
    '  cpu write    20,000  856 ns  80 us  1.2 ms  31 ms',
    '  device read   1,000   14 us  80 us  1.2 ms  31 ms',
    '  windows hit  2 of 54; most often lock (1,234), setPte (7)',
    '  overlap      gauge 0.830 (at least 0.200 needed): 1,228 overlaps seen, 1,480 expected of independent actors; 1.9 cores used',
    '  confidence   no violation in 1,234,567 operations: fewer than 2.4e-6 per operation at 95 %',
    '  again        npx hmm-lab stress --seed 42 --seconds 8',
  );
  assert.ok(!text.includes('never'));
  assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
});

test('a violation: the rule, the actor and the command to see it again come before the numbers', () => {
  const text = stressText(violated);
  assert.equal(
    text.split('\n')[0],
    'VIOLATION: rule I-STALE broken after 1,234,567 operations in 2.0 s of 8.0 s (driver dmirror, seed 42).',
  );
  const lines = [
    'Rule I-STALE is broken: device 1 maps page 53, the CPU entry is 0',
    '  seen by      device0, in deviceRead',
    '  last points  lock > setPte x3 > flushTlb',
    '  locks held   updateLock',
    '  stack        at pass (fault.js:76:25)',
    '               at fault (fault.js:99:25)',
    'To see it again:',
    '  npx hmm-lab stress --seed 42 --seconds 8',
  ];
  assertHas(text, ...lines, '  confidence   no bound: the run was not clean');
  assert.ok(text.indexOf('To see it again') < text.indexOf('Counters'));
});

test('many violations: the first three, and how many more', () => {
  const text = stressText({ ...violated, violations: Array.from({ length: 7 }, () => broken) });
  assert.equal(text.split('Rule I-STALE is broken').length - 1, 3);
  assertHas(text, 'and 4 more violations (--json has all)');
});

/** What a run is left with when too little was seen. */
const refused = {
  retry: null,
  latency: {},
  evidence: { ...clean.evidence, sufficient: false, why: '5 operations were done, at least 1000 are needed' },
  confidence: { trials: 5, boundPerOperation: null, text: 'no bound: too little was seen' },
};

test('an invalid run says why, and shows no rate, no time and no bound', () => {
  const text = stressText({ ...clean, ...refused, verdict: 'invalid' });
  assert.match(text, /^NOT VALID: .*, but that says little: 5 operations were done, at least 1000 are needed\.\n/);
  assertHas(text, '  confidence   no bound: too little was seen');
  for (const word of ['thrown away', 'attempts per', 'p99', '2.4e-6']) assert.ok(!text.includes(word), word);
});

test('an interrupted run in which too little was seen shows no rate, no time and no bound either', () => {
  const text = stressText({ ...clean, ...refused, verdict: 'interrupted' });
  assert.match(text, /^INTERRUPTED: no rule was broken so far, .*\nThat says little: 5 operations were done, /);
  for (const word of ['thrown away', 'attempts per', 'p99', '2.4e-6']) assert.ok(!text.includes(word), word);
});

test('a run whose interleavings were made says so, and shows the windows but no rate and no time', () => {
  const shaken = { sinceSeconds: 0.52, gauge: 0.0123, coresUsed: 0.42, probability: 0.01, microseconds: 500 };
  const confidence = { ...refused.confidence, text: 'no bound: the interleavings were made by delays' };
  const text = stressText({ ...clean, retry: null, latency: {}, shaken, confidence });
  const [first, second] = text.split('\n');
  assert.match(first ?? '', /^PASS: /);
  assert.match(
    second ?? '',
    /^The actors hardly ran at the same time \(overlap gauge 0\.012, 0\.4 cores used\), so random delays at points were turned on after 0\.5 s: the verdict stands on the 2 windows that were hit\./,
  );
  assertHas(
    text,
    '  shaken       random delays at points since 0.5 s',
    '  confidence   no bound: the interleavings were made by delays',
  );
  for (const word of ['thrown away', 'attempts per', 'p99']) assert.ok(!text.includes(word), word);
});

test('an interrupted run says how far it came', () => {
  assert.match(
    stressText({ ...clean, verdict: 'interrupted', seconds: 1.13 }),
    /^INTERRUPTED: no rule was broken so far, .* in 1\.1 s of 8\.0 s /,
  );
});

test('units', () => {
  const durations = [0, 999, 999.7, 1234, 9_960, 999_600, 31_000_000, 2.5e9, 4e12].map(duration);
  assert.deepEqual(durations, ['0 ns', '999 ns', '1.0 us', '1.2 us', '10 us', '1.0 ms', '31 ms', '2.5 s', '4000 s']);
  assert.deepEqual([0, 999, 1000, 1_234_567].map(count), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([7, 1234, 999_999, 4.2e7].map(compact), ['7', '1.2k', '1.0M', '42M']);
  assert.deepEqual([0, 1e-6, 0.00042, 0.031, 0.123, 1].map(percent), [
    '0 %',
    'below 0.001 %',
    '0.042 %',
    '3.1 %',
    '12.3 %',
    '100.0 %',
  ]);
  assert.deepEqual(
    [0, 1, 2].map((n) => plural(n, 'device')),
    ['no devices', '1 device', '2 devices'],
  );
});

test('colour only on a terminal, and not against NO_COLOR, CI or a dumb terminal', () => {
  const tty = { isTTY: true };
  assert.equal(styleFor(tty, { TERM: 'xterm' }).good('x'), '\x1b[1m\x1b[32mx\x1b[39m\x1b[22m');
  for (const environment of [{ NO_COLOR: '1' }, { CI: 'true' }, { TERM: 'dumb' }])
    assert.equal(styleFor(tty, environment), plainStyle);
  assert.equal(styleFor({}, {}), plainStyle);
  assert.equal(isLive(tty, { NO_COLOR: '1' }), true, 'NO_COLOR does not forbid to repaint');
});

test('the live line: every 5 s where it cannot be repainted', () => {
  const progress: RaceProgress = { elapsedSeconds: 2, counters, checks: 1 };
  const line =
    '2.0 of 8.0 s | 1.2M operations (617k/s) | faults 5.0k cpu 0 device | retries 3.1 % | invalidations 0 | migrated 0 out 0 back | checks 1';
  assert.equal(progressLine(progress, 8), line);
  let now = 0;
  let written = '';
  const live = startLive({ write: (text) => (written += text) }, 8, () => now);
  for (now = 0; now < 11_000; now += 100) live.update(progress);
  live.stop();
  assert.equal(written, `${line}\n${line}\n`);
});

test('the live line: repainted at most 10 times a second on a terminal, never wider than it', () => {
  const progress: RaceProgress = { elapsedSeconds: 2, counters, checks: 1 };
  let now = 0;
  const written: string[] = [];
  const stream = { isTTY: true, columns: 20, write: (text: string) => written.push(text) };
  const live = startLive(stream, 8, () => now, { TERM: 'xterm', NO_COLOR: '1' });
  for (now = 0; now < 1000; now += 10) live.update(progress);
  live.note('note');
  live.stop();
  const painted = '\r\x1b[K2.0 of 8.0 s | 1.2M';
  assert.deepEqual(written, [...Array<string>(10).fill(painted), `\r\x1b[Knote\n${painted}`, '\r\x1b[K']);
});
