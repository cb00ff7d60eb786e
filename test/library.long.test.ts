/** What the commands do, as calls of the package's entry: verdicts, bugs, stopping, progress. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  audit,
  conformance,
  explore,
  exploreAll,
  type Hooks,
  hunt,
  type Mutation,
  measure,
  merge,
  prove,
  replay,
  search,
} from '../src/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-library-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const raceful = 'device-fault-vs-munmap';

test('verdicts of a search: proved, bounded, violation', async () => {
  const proved = await search({ scenario: 'mini-hmm', seconds: 100 });
  assert.deepEqual([proved.schema, proved.verdict, proved.failure], ['hmm-lab/explore/1', 'proved', null]);
  const bounded = await search({ scenario: 'mini-hmm', preemptions: 0, seconds: 100 });
  assert.deepEqual([bounded.verdict, bounded.bound], ['bounded', 0]);
  const unbounded = await search({ scenario: 'mini-hmm', preemptions: Number.POSITIVE_INFINITY, seconds: undefined });
  assert.equal(unbounded.states, proved.states);
});

/** A bug that is in no catalogue. */
const own: Mutation = {
  id: 'never-again',
  title: 'the collision check sees no collision',
  reference: 'made up',
  scenario: raceful,
  edits: [
    {
      module: 'notifier/sequence',
      in: 'mmuIntervalReadRetry',
      find: 'return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);',
      replace: 'return false;',
    },
  ],
};

test('a bug by its id or as a mutation of the own, found and seen again by its token', async () => {
  const known = await search({ bug: 'R05', seconds: 100 });
  assert.deepEqual([known.scenario, known.verdict, known.failure?.oracle], [raceful, 'violation', 'I-STALE']);
  const { scenario, verdict, failure } = await search({ bug: own, seconds: 100 });
  assert.deepEqual([scenario, verdict, failure?.oracle], [raceful, 'violation', 'I-STALE']);
  const token = failure?.token ?? '';
  const again = await replay({ token, bug: own });
  assert.deepEqual([again.schema, again.failure?.schedule], ['hmm-lab/replay/1', failure?.schedule]);
  assert.equal(again.failure?.message, failure?.message);
  await assert.rejects(replay({ token }), { name: 'UsageError', message: /^unknown bug 'never-again'/ });
  await assert.rejects(replay({ token: 'hmm1.1.1', bug: own }), { name: 'UsageError', message: /^the token is cut off/ });
});

test('the parts of a sweep are joined, and without a directory nothing is written', async () => {
  const sweep = { axes: { invalidations: '1k,100k' }, faults: 5, repetitions: 2 };
  const parts = [1, 2].map((i) => join(directory, `part${i}`));
  for (const [i, out] of parts.entries()) await measure({ ...sweep, out, shard: [i + 1, 2] });
  const before = readdirSync(directory).sort();
  const [whole, joined] = [await measure(sweep), await merge({ parts })];
  assert.deepEqual(joined, whole);
  assert.equal(whole.rows.length, 2);
  assert.deepEqual(readdirSync(directory).sort(), before);
});

/** A call that takes long, and what says that it has been stopped. */
const long: readonly (readonly [
  string,
  (hooks: Hooks<unknown>) => Promise<{ readonly interrupted?: boolean; readonly verdict: string }>,
])[] = [
  ['explore', (hooks) => explore({ scenario: 'two-exclusives', seconds: 600 }, hooks)],
  ['search', (hooks) => search({ scenario: 'two-exclusives', seconds: 600 }, hooks)],
  ['exploreAll', (hooks) => exploreAll({ seconds: 600 }, hooks)],
  ['prove', (hooks) => prove({ scenarios: ['huge-page-of-two-processes', 'huge-eviction-vs-fork'], seconds: 600 }, hooks)],
  ['audit', (hooks) => audit({ scenario: 'two-exclusives', seconds: 600 }, hooks)],
  ['hunt', (hooks) => hunt({ bugs: ['R05', 'G17', 'R22'], workers: 1 }, hooks)],
  ['measure', (hooks) => measure({ axes: { invalidations: '1k..1M:40' }, repetitions: 50 }, hooks)],
  ['conformance', (hooks) => conformance({}, hooks)],
];

for (const [name, call] of long) {
  test(`${name} tells its progress, and when it is stopped it answers what there is`, async () => {
    const stop = new AbortController();
    let told = 0;
    const onProgress = (): void => {
      told++;
      stop.abort();
    };
    const { verdict, interrupted = verdict === 'interrupted' } = await call({ onProgress, signal: stop.signal });
    assert.equal(interrupted, true);
    assert.ok(told > 0);
  });
}

test('a call that is stopped beforehand answers too', async () => {
  const signal = AbortSignal.abort();
  const explored = await explore({ scenario: 'two-exclusives', seconds: 600 }, { signal });
  assert.deepEqual([explored.interrupted, explored.verdict, explored.states], [true, 'sampled', 0]);
  const measured = await measure({}, { signal });
  assert.deepEqual([measured.verdict, measured.rows], ['interrupted', []]);
  const conforms = await conformance({}, { signal });
  assert.deepEqual([conforms.verdict, conforms.scripts.agree], ['interrupted', 0]);
});

test('what onProgress throws stops the call, which rejects with it', async () => {
  const reason = new Error('no more');
  const onProgress = (): never => {
    throw reason;
  };
  await assert.rejects(explore({ scenario: 'two-exclusives', seconds: 600 }, { onProgress }), reason);
  await assert.rejects(conformance({}, { onProgress }), reason);
});
