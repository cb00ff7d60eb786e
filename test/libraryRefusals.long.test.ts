/** What the library refuses is what the command line refuses, in the same sentence but for the names of the options. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import {
  audit,
  conformance,
  explore,
  exploreAll,
  hunt,
  measure,
  merge,
  passedPoints,
  prove,
  race,
  replay,
  search,
  UsageError,
} from '../src/index.ts';
import { type Called, calls } from './calls.ts';

async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UsageError, String(error));
  return error.message;
}

const scenario = 'device-fault-vs-munmap';

const both: readonly (readonly [() => Promise<unknown>, readonly string[], RegExp])[] = [
  [() => explore({ scenario: 'nowhere' }), ['explore', 'nowhere'], /^unknown scenario 'nowhere', allowed are mini-hmm/],
  [() => search({ scenario: './nowhere.mjs' }), ['explore', './nowhere.mjs'], /^scenario module '.*nowhere.mjs' does not exist$/],
  [
    () => search({ scenario: './package.json/it.mjs' }),
    ['explore', './package.json/it.mjs'],
    /^scenario module '.*it.mjs' does not exist$/,
  ],
  [
    () => explore({ scenario, strategy: 'luck' }),
    ['explore', scenario, '--strategy=luck'],
    /^unknown strategy 'luck', allowed are/,
  ],
  [() => explore({ scenario, seconds: 0 }), ['explore', scenario, '--seconds=0'], /^seconds is '0', allowed is a number above 0/],
  [() => search({ scenario, workers: 65 }), ['explore', scenario, '--workers=65'], /^workers is '65', allowed is a whole number/],
  [() => explore({ scenario, schedule: 'F0' }), ['explore', scenario, '--schedule=F0'], /^'F0' is no part of a schedule/],
  [
    () => explore({ scenario, driver: 'dmirror:colour=red' }),
    ['explore', scenario, '--driver=dmirror:colour=red'],
    /has no option 'colour'/,
  ],
  [
    () => explore({ scenario, bug: 'R5' }),
    ['explore', scenario, '--bug=R5'],
    /^unknown bug 'R5' \(did you mean R05\?\), allowed are/,
  ],
  [() => exploreAll({ driver: 'geforce' }), ['explore', '--all', '--driver=geforce'], /^unknown driver 'geforce', allowed are/],
  [() => prove({ scenarios: ['nowhere'] }), ['prove', 'nowhere'], /^unknown scenario 'nowhere'/],
  [() => prove({ driver: 'geforce' }), ['prove', '--driver=geforce'], /^unknown driver 'geforce', allowed are/],
  [
    () => prove({ workers: 2, threads: 3 }),
    ['prove', '--workers=2', '--threads=3'],
    /^workers is 2 and threads is 3, allowed are 1 to 64, and one of the two is 1/,
  ],
  [() => prove({ seconds: 0 }), ['prove', '--seconds=0'], /^seconds is '0', allowed is a number above 0/],
  [() => audit({ scenario: 'nowhere' }), ['explore', 'nowhere', '--audit'], /^unknown scenario 'nowhere'/],
  [() => passedPoints({ scenario: 'nowhere' }), ['explore', 'nowhere', '--points'], /^unknown scenario 'nowhere'/],
  [() => replay({ token: 'hmm1.abc' }), ['replay', 'hmm1.abc'], /^the token is cut off or not a token/],
  [() => hunt({ bugs: ['R5'] }), ['hunt', '--bug=R5'], /^unknown bug 'R5'/],
  [() => hunt({ seeds: -1 }), ['hunt', '--seeds=-1'], /^seeds is '-1', allowed is a whole number from 0 to 1000$/],
  [() => conformance({ files: ['nowhere.gz'] }), ['conformance', 'nowhere.gz'], /^nowhere.gz cannot be read: it does not exist$/],
  [() => measure({ axes: { invalidations: '' } }), ['measure', '--invalidations='], /^invalidations is empty/],
  [() => measure({ drivers: ['geforce'] }), ['measure', '--driver=geforce'], /^unknown driver 'geforce'/],
  [() => measure({ shard: [3, 2] }), ['measure', '--shard=3/2'], /^shard is '3\/2', allowed is I\/N with I from 1 to N/],
  [() => measure({ costs: { luck: 1 } }), ['measure', '--cost=luck=1'], /unknown cost 'luck', allowed are/],
  [() => merge({ parts: ['nowhere'] }), ['merge', 'nowhere'], /^'nowhere' holds no sweep/],
  [() => race({ pages: 0 }), ['stress', '--pages=0'], /^pages is '0', allowed is a whole number from 1 to 65536$/],
  [() => race({ trace: -1 }), ['stress', '--trace=-1'], /^trace is '-1', allowed is a number from 0 to 86400$/],
];

const commands = calls(
  both.map(([, args]) => args),
  tmpdir(),
);
both.forEach(([call, args, message], i) => {
  test(`refused by both: ${args.join(' ')}`, async () => {
    const said = await refusal(call());
    assert.match(said, message);
    const { status, stderr } = (await commands)[i] as Called;
    assert.equal(status, 2, stderr);
    const sentence = stderr.split('\n').find((line) => line.startsWith('hmm-lab: '));
    assert.equal(sentence?.replace(/^hmm-lab: (--)?/, ''), said);
  });
});

/** A change that changes nothing. */
const mine = { id: 'mine', title: 'mine', reference: 'made up', scenario, edits: [] };

/** What only a program can give. */
const programs: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
  [
    () => explore({}),
    /^explore needs the name of a scenario \(hmm-lab scenarios lists them\), or the path of a module, or a bug/,
  ],
  [() => explore(7 as unknown as object), /^the options of an exploration are '7', allowed is an object$/],
  [
    () => explore({ scenario, second: 3 } as object),
    /^unknown option 'second' \(did you mean seconds\?\), an exploration takes seconds,/,
  ],
  [() => search({ scenario, strategy: 'random' } as object), /^unknown option 'strategy'.*, a search takes seconds/],
  [() => explore({ scenario: 7 } as object), /^scenario is '7', allowed is a value of type string$/],
  [() => explore({ scenario, bug: 7 } as object), /^bug is '7', allowed is a value of type string or object$/],
  [
    () => explore({ scenario, bug: { ...mine, edits: [{ find: 'a' }] } } as object),
    /^a bug is neither an id .*: its edit 1 needs a module and the code to find, each a text$/,
  ],
  [() => prove({ scenarios: [] }), /^scenarios is '', allowed is a list with at least one string$/],
  [() => hunt({ bugs: [] }), /^bugs is '', allowed is a list with at least one entry$/],
  [() => hunt({ bugs: [mine] } as object), /^a bug is neither an id .*: it changes nothing: it has neither edits nor settings$/],
  [() => conformance({ files: [3] } as object), /^files is '3', allowed is a list with at least one string$/],
  [() => measure({ axes: { driver: 'dmirror' } }), /^the drivers of a sweep are no axis, they are its option drivers$/],
  [
    () => measure({ axes: { policy: {} } } as object),
    /^policy is '\[object Object\]', allowed is text or a number or a list of these$/,
  ],
  [() => measure({ engine: 'steam' } as object), /^unknown engine 'steam', allowed are simulate, race$/],
  [() => merge({} as { parts: string[] }), /^a merge needs the directories of the parts$/],
  [() => replay({} as { token: string }), /^a replay needs a token, as explore prints it$/],
];

for (const [call, message] of programs) {
  test(`refused in a program: ${call}`, async () => assert.match(await refusal(call()), message));
}
