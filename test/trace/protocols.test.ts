/** Protocols on traces: each is broken by one trace, and kept by another that differs in little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traced } from '../../src/trace/traced.ts';
import { recorded, tracedOf } from './traces.ts';

/** Messages of the breaches of a protocol. */
async function broken(protocol: string, text: string): Promise<string[]> {
  const { protocols } = await tracedOf(text);
  const one = protocols.find((found) => found.protocol === protocol);
  assert.ok(one !== undefined);
  for (const { lines } of one.breaches) assert.ok(lines.length > 0);
  return one.breaches.map(({ message }) => message);
}

const START = '__mmu_notifier_invalidate_range_start';
const END = '__mmu_notifier_invalidate_range_end';
const enter = (pid: number): string => `${pid} sys_munmap(addr: 0x10000, len: 0x1000)`;
const exit = (pid: number): string => `${pid} sys_munmap -> 0x0`;
const start = (pid: number, range = 'a'): string => `${pid} ${START}(range=0x${range}) <-zap_page_range_single`;
const end = (pid: number, range = 'a'): string => `${pid} ${END}(range=0x${range}) <-zap_page_range_single`;
const text = (...lines: readonly string[]): string => lines.join('\n');

test('an invalidation is ended by who began it', async () => {
  assert.deepEqual(await broken('notifier', text(enter(7), start(7), end(7), exit(7), enter(7))), []);
  assert.deepEqual(await broken('notifier', text(enter(7), start(7), exit(7), enter(7), start(7), end(7))), [
    'line 2: agent-7 begins an invalidation, and is in user mode in line 4 without having ended it',
  ]);
  assert.deepEqual(await broken('notifier', text(enter(7), enter(8), start(7), end(8), end(7))), [
    'line 4: agent-8 ends an invalidation that it has not begun',
  ]);
});

test('invalidations may be nested, and the last is ended first', async () => {
  assert.deepEqual(await broken('notifier', text(enter(7), start(7, 'a'), start(7, 'b'), end(7, 'b'), end(7, 'a'))), []);
  const crossed = await broken('notifier', text(enter(7), start(7, 'a'), start(7, 'b'), end(7, 'a'), end(7, 'b')));
  assert.equal(crossed[0], 'line 4: agent-7 ends the invalidation 0xa, and the last that it has begun is 0xb in line 3');
});

test('what a trace cannot know of an invalidation is forgiven', async () => {
  // It begins in the middle of one, or ends in it.
  assert.deepEqual(await broken('notifier', text(end(7), enter(7), start(7))), []);
  // Events were lost.
  assert.deepEqual(await broken('notifier', text(enter(7), start(7), 'CPU:0 [LOST 3 EVENTS]', enter(7), start(7), end(7))), []);
  assert.deepEqual(await broken('notifier', text(enter(7), 'CPU:0 [LOST 3 EVENTS]', end(7), start(7))), []);
});

test('of many breaches the first are told, and all are counted', async () => {
  const { protocols } = await tracedOf(
    text(...Array.from({ length: 25 }, () => text(enter(7), start(7), exit(7))), enter(7), start(7), end(7)),
  );
  const { broken, breaches } = protocols.find(({ protocol }) => protocol === 'notifier') ?? {};
  assert.deepEqual([broken, breaches?.length], [25, 20]);
});

test('a function that was not traced is no breach, and the protocol says so', async () => {
  const { protocols } = await tracedOf(text(enter(7), start(7), exit(7), enter(7)));
  const { untraced, breaches } = protocols.find(({ protocol }) => protocol === 'notifier') ?? {};
  assert.deepEqual([untraced, breaches], [[END], []]);
});

const call = (name: string, pid = 7): string => `${pid} ${name} <-driver`;
const move = (...names: readonly string[]): string => text(enter(7), ...names.map((name) => call(name)), exit(7), enter(7));

for (const [protocol, setup, pages, finalize] of [
  ['migrate', 'migrate_vma_setup', 'migrate_vma_pages', 'migrate_vma_finalize'],
  ['migrate-device', 'migrate_device_range', 'migrate_device_pages', 'migrate_device_finalize'],
] as const) {
  test(`${protocol}: setup, pages, finalize, and again`, async () => {
    const whole = [setup, pages, finalize];
    const withAll = (...names: readonly string[]): string => text(move(...whole), move(...names));
    assert.deepEqual(await broken(protocol, withAll(...whole, ...whole)), []);
    // One that collects nothing, or fails, has no more to do.
    assert.deepEqual(await broken(protocol, withAll(setup, setup, pages, finalize)), []);
    const first = async (...names: readonly string[]): Promise<string> => (await broken(protocol, withAll(...names)))[0] ?? '';
    assert.equal(await first(pages, finalize), `line 8: agent-7 calls ${pages} without ${setup}`);
    assert.equal(await first(setup, pages, finalize, finalize), `line 11: agent-7 calls ${finalize} without ${setup}`);
    const apart = await broken(protocol, text(move(...whole), move(setup), move(pages)));
    assert.equal(apart[0], `line 12: agent-7 calls ${pages} without ${setup}`);
    assert.match(await first(setup, finalize), new RegExp(`^line 9: agent-7 calls ${finalize} without ${pages}, `));
    assert.match(await first(setup, pages, pages, finalize), new RegExp(`^line 10: agent-7 calls ${pages} twice `));
    assert.match(await first(setup, pages), new RegExp(`^line 8: .* is in user mode in line 11 without ${finalize}$`));
    assert.match(
      await first(setup, pages, setup, pages, finalize),
      new RegExp(`begins another migration in line 10 without ${finalize}$`),
    );
  });

  test(`${protocol}: threads are apart, and what was lost is forgiven`, async () => {
    const two = text(
      enter(7),
      enter(8),
      call(setup, 7),
      call(setup, 8),
      call(pages, 8),
      call(pages, 7),
      call(finalize, 7),
      call(finalize, 8),
    );
    assert.deepEqual(await broken(protocol, two), []);
    const mixed = text(enter(7), enter(8), call(setup, 7), call(pages, 8), call(finalize, 7));
    assert.equal((await broken(protocol, mixed)).length, 2);
    assert.deepEqual(await broken(protocol, text(move(setup), 'CPU:1 [LOST 9 EVENTS]', call(pages), call(finalize))), []);
  });
}

const reads = (between: readonly string[], after: readonly string[] = []): string =>
  text(
    enter(7),
    '7 mmu_interval_read_begin(interval_sub=0xd) <-dmirror_fault',
    '7 hmm_range_fault <-dmirror_fault',
    ...between,
    '7 dmirror_do_fault <-dmirror_fault',
    ...after,
  );
const invalidates = (mni = 'd'): string => `8 dmirror_interval_invalidate(mni=0x${mni}, range=0x1, cur_seq=0x3) <-${START}`;

test('a driver stores nothing that was invalidated meanwhile', async () => {
  const gone = [enter(8), start(8), invalidates(), end(8)];
  assert.deepEqual(await broken('retry', reads(gone)), [
    'line 8: agent-7 stores what it has found since line 2, and the invalidation of line 6 has come and gone meanwhile',
  ]);
  // It has tried again, and read the sequence anew.
  const again = ['7 mmu_interval_read_begin(interval_sub=0xd) <-dmirror_fault', '7 hmm_range_fault <-dmirror_fault'];
  assert.deepEqual(await broken('retry', reads([...gone, ...again])), []);
  // The invalidation came before, comes after, or waits for the lock of the driver.
  assert.deepEqual(await broken('retry', text(...gone, reads([]))), []);
  assert.deepEqual(await broken('retry', reads([], gone)), []);
  assert.deepEqual(await broken('retry', reads([enter(8), start(8), invalidates()], [end(8)])), []);
  assert.deepEqual(
    await broken('retry', reads([enter(8), start(8), invalidates(), `8 mutex_lock <-dmirror_interval_invalidate`], [end(8)])),
    [],
  );
  // It was another device, or a migration, which the driver may know to be its own.
  assert.deepEqual(await broken('retry', reads([enter(8), start(8), invalidates('e'), end(8)])), []);
  const ownMigration = [enter(8), `8 ${START}(range=0xa) <-migrate_vma_setup`, invalidates(), end(8)];
  assert.deepEqual(await broken('retry', reads(ownMigration)), []);
  // Events were lost.
  assert.deepEqual(await broken('retry', reads(['CPU:0 [LOST 2 EVENTS]', ...gone])), []);
});

test('on a real kernel the test driver obeys; without its retry check it does not, and the trace shows it', async () => {
  const retries = async (name: string) =>
    (await traced(recorded(`test/trace/${name}.txt`))).protocols.find(({ protocol }) => protocol === 'retry');
  const obeyed = await retries('retryObeyed');
  assert.deepEqual([obeyed?.times, obeyed?.untraced, obeyed?.breaches], [2, [], []]);
  const ignored = await retries('retryIgnored');
  assert.equal(ignored?.breaches.length, 1);
  assert.match(
    ignored?.breaches[0]?.message ?? '',
    /^line 47: reproducer-125 stores what it has found since line 27, and the invalidation of line 37 has come and gone meanwhile$/,
  );
});
