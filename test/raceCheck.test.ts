/** What a race refuses, in the library and on the command line: the same sentences, but for the names of the options. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '../src/cli/flags.ts';
import { stressFlags, stressOf } from '../src/cli/stressOptions.ts';
import { MOST_OPTIONS } from '../src/drivers/base/driver.ts';
import { optionWords } from '../src/drivers/base/options.ts';
import { driverDefect } from '../src/drivers/base/userDriver.ts';
import { dmirror, Lab, type RaceOptions, race, raceOptions, UsageError } from '../src/index.ts';

const refusal = async (wanted: Promise<unknown>): Promise<string> => {
  const error: unknown = await wanted.then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UsageError, String(error));
  return error.message;
};

/** Options as a program gives them, the flags that mean the same, and what is said. */
const both = [
  [{ seconds: 0 }, ['--seconds', '0'], "seconds is '0', allowed is a number above 0, at most 86400"],
  [{ cpus: 33 }, ['--cpus', '33'], "cpus is '33', allowed is a whole number from 0 to 32"],
  [{ cpus: 1.5 }, ['--cpus', '1.5'], "cpus is '1.5', allowed is a whole number from 0 to 32"],
  [{ pages: 0 }, ['--pages', '0'], "pages is '0', allowed is a whole number from 1 to 65536"],
  [{ swap: -1 }, ['--swap=-1'], "swap is '-1', allowed is a whole number from 0 to 1048576"],
  [{ rate: 2e6 }, ['--rate', '2000000'], "rate is '2000000', allowed is a number from 0 to 1000000"],
  [
    { cpus: 0, devices: 0, migrators: 0, disturbers: 0 },
    ['--cpus', '0', '--devices', '0', '--disturbers', '0'],
    'cpus 0 devices 0 migrators 0 disturbers 0 are 0 actors, allowed are 1 to 32 in all',
  ],
  [
    { devices: 0, migrators: 1 },
    ['--devices', '0', '--migrators', '1'],
    'migrators 1 with devices 0 has nowhere to move pages to, allowed is migrators 0 without a device',
  ],
  [
    { pages: 500, memory: 300 },
    ['--pages', '500', '--memory', '300'],
    'pages 500 is more than memory 300, allowed are at most as many pages as memory',
  ],
  [
    { huge: true, pages: 1000 },
    ['--huge', '--pages', '1000'],
    'pages 1000 has no room for huge pages, allowed with huge is at least 1024',
  ],
  [
    { huge: true, memory: 2000 },
    ['--huge', '--memory', '2000'],
    'memory 2000 has no room for huge pages, allowed with huge is at least 2048',
  ],
  [
    { memory: 1_048_576 },
    ['--memory', '1048576'],
    'memory 1048576 and 1 times deviceMemory 256 are 1048832 page frames, allowed are 1048576 in all',
  ],
  [
    { delays: [{ point: 'setpt', probability: 0.01, microseconds: 1 }] },
    ['--delay', 'setpt=1%:1us'],
    "unknown point 'setpt' (did you mean setPte?), allowed are those that hmm-lab windows lists",
  ],
  [
    { delays: [{ point: 'setPte', probability: 2, microseconds: 1 }] },
    ['--delay', 'setPte=2:1us'],
    "delays setPte has the probability '2', allowed is above 0, at most 1, as 1/4000, 0.01 or 1%",
  ],
  [
    { delays: [{ point: 'setPte', probability: 1, microseconds: 2e6 }] },
    ['--delay', 'setPte=1:2s'],
    "delays setPte has the time '2s', allowed is above 0, at most 1s, as 80us or 2ms",
  ],
  [
    { delays: [1, 2].map((microseconds) => ({ point: 'setPte', probability: 1, microseconds })) },
    ['--delay', 'setPte=1:1us', '--delay', 'setPte=1:2us'],
    'delays names the point setPte twice, allowed is one delay a point',
  ],
  [
    { kill: { actor: 'cpu7', afterSeconds: 1 } },
    ['--kill', 'cpu7=1'],
    "unknown actor 'cpu7' (did you mean cpu0?), allowed in kill are cpu0, cpu1, device0, migrator0, disturber0",
  ],
  [
    { kill: { actor: 'cpu0', afterSeconds: 8 } },
    ['--kill', 'cpu0=8'],
    'kill cpu0 is after 8 seconds, allowed is less than the 8 of the race',
  ],
  [
    { driver: 'geforce' },
    ['--driver', 'geforce'],
    "unknown driver 'geforce', allowed are dmirror, nouveau, amdgpu-userptr, kfd-svm, gpusvm-xe, sva, or a module by its path (./driver.js) or file: URL",
  ],
  [{ driverSettings: { colour: 'red' } }, ['--driver', 'dmirror:colour=red'], /^driver dmirror has no option 'colour', it has: /],
] as const satisfies readonly (readonly [Partial<RaceOptions>, readonly string[], string | RegExp])[];

for (const [chosen, flags, said] of both) {
  test(`refused by both: ${flags.join(' ')}`, async () => {
    const byProgram = await refusal(race(raceOptions(chosen as Partial<RaceOptions>)));
    if (typeof said === 'string') assert.equal(byProgram, said);
    else assert.match(byProgram, said);
    const wanted = Promise.resolve(flags).then((args) => stressOf(parseFlags('stress', stressFlags, args)));
    const byFlags = await refusal(wanted);
    const named = byFlags.replaceAll('--delay ', 'delays ').replaceAll('--device-memory', 'deviceMemory').replaceAll('--', '');
    assert.equal(named, byProgram);
  });
}

/** What only a program can give. */
const byProgram: readonly (readonly [object, string])[] = [
  [{ seconds: Number.NaN }, "seconds is 'NaN', allowed is a number above 0, at most 86400"],
  [{ watchdogSeconds: '8' }, "watchdogSeconds is '8', allowed is a number above 0, at most 86400"],
  [{ seed: null }, "seed is 'null', allowed is a whole number from 0 to 2147483647"],
  [{ lockChecks: 'no' }, "lockChecks is 'no', allowed is a value of type boolean"],
  [{ driverSettings: null }, "driverSettings is 'null', allowed is a value of type object"],
  [{ delays: {} }, "delays is '[object Object]', allowed is a list"],
  [{ second: 3 }, "unknown option 'second' (did you mean seconds?), a race takes seconds, cpus,"],
  [{ kill: { actor: 'cpu0', afterSeconds: Number.NaN } }, 'kill cpu0 is after NaN seconds'],
  [{ delays: [null] }, "delays has an entry 'null', allowed is { point, probability, microseconds }"],
  [{ bug: 'R5' }, "unknown bug 'R5' (did you mean R05?), allowed are the "],
  [{ bug: { id: 'mine' } }, 'a bug is neither an id of hmm-lab bugs, nor the path of a module, nor a mutation: it needs a title'],
];

for (const [chosen, said] of byProgram) {
  test(`refused in a program: ${JSON.stringify(chosen)}`, async () => {
    const message = await refusal(race(raceOptions(chosen as Partial<RaceOptions>)));
    assert.equal(message.slice(0, said.length), said);
  });
}

test('a driver has as many options as a mirror has words for them, and no more', async () => {
  const withOptions = (count: number) => ({
    ...dmirror,
    options: Object.fromEntries(Array.from({ length: count }, (_, i) => [`o${i}`, { help: '', values: ['a'] }])),
  });
  assert.equal(optionWords(withOptions(MOST_OPTIONS), {}).length, MOST_OPTIONS);
  assert.equal(driverDefect(withOptions(MOST_OPTIONS)), null);
  const said = `has ${MOST_OPTIONS + 1} options, at most ${MOST_OPTIONS} are possible`;
  assert.throws(() => optionWords(withOptions(MOST_OPTIONS + 1), {}), { name: 'UsageError', message: `driver dmirror ${said}` });
  assert.equal(driverDefect(withOptions(MOST_OPTIONS + 1)), `it ${said}`);
});

test('a lab refuses sizes and calls that make no sense, in a sentence', async () => {
  const sizes = { sytemPages: 5 } as object;
  assert.match(await refusal(Lab.create({ sizes })), /^unknown size 'sytemPages' \(did you mean systemPages\?\)/);
  assert.match(await refusal(Lab.create({ sizes: { actors: Number.NaN } })), /^arena: actors is NaN/);
  assert.match(await refusal(Lab.create({ drivers: ['geforce'] })), /^unknown driver 'geforce'/);
  await using lab = await Lab.create();
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const device = await lab.device(space);
  assert.match(await refusal(cpu.mmap(Number.NaN)), /^pages is 'NaN', allowed is a whole number from 1 to 134217728$/);
  assert.match(await refusal(cpu.mmap(1, undefined, 'rw' as 'read')), /^unknown access 'rw', allowed are none, read, write$/);
  const at = await cpu.mmap(1);
  assert.match(
    await refusal(cpu.write(at, 2 ** 31)),
    /^the value is '2147483648', allowed is a whole number from -2147483648 to/,
  );
  assert.match(await refusal(cpu.munmap(Number.NaN, 1)), /^address NaN: it must be page aligned$/);
  assert.match(await refusal(device.read(at, 0)), /^pages is '0', allowed is/);
  assert.match(await refusal(device.migrate(at, 1, 'host' as 'system')), /^unknown place 'host', allowed are device, system$/);
  assert.match(await refusal(device.snapshot(at, -1)), /^pages is '-1', allowed is/);
  await cpu.write(at, 7);
  assert.equal(await cpu.read(at), 7, 'the thread goes on');
});
