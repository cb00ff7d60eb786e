import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load, store } from '../../src/arena/access.ts';
import { EINTR, ENOMEM } from '../../src/arena/errno.ts';
import { liveObjects, poolAlloc, poolLive } from '../../src/arena/pool.ts';
import { Actor, ClassicSub, Mm } from '../../src/arena/structures.ts';
import { mmAlloc } from '../../src/mm/vma/mmStruct.ts';
import { mmuNotifierGet, mmuNotifierPut, mmuNotifierRegister, mmuNotifierUnregister } from '../../src/notifier/classic.ts';
import { run } from '../../src/steps/steps.ts';
import { srcuReadLock } from '../../src/sync/srcu.ts';
import type { Task } from '../../src/sync/task.ts';
import { classicScene } from './classicScene.ts';
import { actor, steppedOnly } from './schedule.ts';
import { violates } from './violates.ts';

test('a registered notifier hears brackets until it is unregistered, which releases it once', () => {
  const { arena, task, mm, register, bracket, said } = classicScene();
  const sub = register('a');
  assert.deepEqual([load(arena, mm + Mm.count), load(arena, mm + Mm.users), get(arena, sub + ClassicSub.owner)], [2, 1, 44]);
  bracket();
  assert.deepEqual(said(), ['a 10-20', 'a end']);
  run(mmuNotifierUnregister(task, sub));
  assert.deepEqual(said(), ['a release']);
  assert.equal(load(arena, mm + Mm.count), 1);
  bracket();
  assert.deepEqual(said(), []);
});

test('any notifier of the list can go, and the others stay', () => {
  for (const gone of [0, 1, 2]) {
    const { task, register, bracket, list, said } = classicScene();
    const subs = ['a', 'b', 'c'].map((name) => register(name));
    run(mmuNotifierUnregister(task, subs[gone] as number));
    assert.deepEqual(list(), subs.filter((_, i) => i !== gone).reverse());
    said();
    bracket();
    assert.equal(said().length, 4);
  }
});

test('nobody registers in an address space without users', () => {
  const { arena, mm, register } = classicScene();
  store(arena, mm + Mm.users, 0);
  violates('I-UAF', /an mm without users/, () => register('a'));
});

test('a signal interrupts a registration, and nothing is left of it', () => {
  const { arena, task, mm, opsOf, register, list } = classicScene();
  store(arena, task.actor + Actor.signal, 1);
  const sub = poolAlloc(arena, arena.pools.classic);
  assert.equal(run(mmuNotifierRegister(task, sub, mm, opsOf('a'))), -EINTR);
  assert.deepEqual([poolLive(arena, arena.pools.subscriptions), load(arena, mm + Mm.mmapLock)], [0, 0]);
  assert.equal(run(mmuNotifierGet(task, mm, opsOf('b'))), -EINTR);
  assert.deepEqual(liveObjects(arena, arena.pools.classic), [sub]);
  store(arena, task.actor + Actor.signal, 0);
  const later = register('c');
  store(arena, task.actor + Actor.signal, 1);
  assert.equal(run(mmuNotifierRegister(task, sub, mm, opsOf('a'))), -EINTR);
  assert.deepEqual([list(), load(arena, mm + Mm.count), load(arena, mm + Mm.mmapLock)], [[later], 2, 0]);
});

test('get finds what has the same operations, or makes it', () => {
  const { arena, task, mm, opsOf, bracket, said, list } = classicScene();
  const [a, b] = [opsOf('a'), opsOf('b')];
  const one = run(mmuNotifierGet(task, mm, a));
  assert.equal(run(mmuNotifierGet(task, mm, a)), one);
  const two = run(mmuNotifierGet(task, mm, b));
  assert.deepEqual(list(), [two, one]);
  assert.deepEqual([get(arena, one + ClassicSub.users), get(arena, two + ClassicSub.users)], [2, 1]);
  const elsewhere = run(mmuNotifierGet(task, mmAlloc(arena), a));
  assert.ok(elsewhere > 0 && elsewhere !== one);
  bracket();
  assert.deepEqual(said(), ['b 10-20', 'a 10-20', 'b end', 'a end']);
});

test('get fails when there is no room', () => {
  const { arena, task, mm, opsOf } = classicScene();
  while (poolAlloc(arena, arena.pools.classic) !== 0);
  assert.equal(run(mmuNotifierGet(task, mm, opsOf('a'))), -ENOMEM);
  assert.equal(load(arena, mm + Mm.mmapLock), 0);
});

test('the last put frees, without a release; those before it change nothing', () => {
  const { arena, task, mm, opsOf, bracket, said } = classicScene();
  const ops = opsOf('a');
  const sub = run(mmuNotifierGet(task, mm, ops));
  run(mmuNotifierGet(task, mm, ops));
  run(mmuNotifierPut(task, sub));
  bracket();
  assert.deepEqual([said(), load(arena, mm + Mm.count)], [['a 10-20', 'a end'], 2]);
  run(mmuNotifierPut(task, sub));
  bracket();
  assert.deepEqual([said(), load(arena, mm + Mm.count), poolLive(arena, arena.pools.classic)], [[], 1, 0]);
  violates('I-UAF', /mm handle/, () => run(mmuNotifierPut(task, sub)));
});

test('one put too many is seen also before the notifier is freed', () => {
  const { task, mm, other, opsOf } = classicScene();
  const sub = run(mmuNotifierGet(task, mm, opsOf('a')));
  run(srcuReadLock(other));
  violates('I-DEAD', /would wait for ever/, () => run(mmuNotifierPut(task, sub)));
  violates('I-REF', /put more often than it was got/, () => run(mmuNotifierPut(other, sub)));
});

/** How far the first of two operations may be when the second one runs. */
const STEPS = 40;

test('two who get the same notifier at once get one', steppedOnly, () => {
  for (let before = 0; before < STEPS; before++) {
    const { arena, mm, opsOf, list } = classicScene();
    const ops = opsOf('a');
    const [one, two] = [2, 3].map((id) => actor(arena, id, (task: Task) => mmuNotifierGet(task, mm, ops))) as [
      ReturnType<typeof actor<number>>,
      ReturnType<typeof actor<number>>,
    ];
    one.steps(before);
    two.go();
    one.go();
    two.go();
    assert.deepEqual([one.result(), list()], [two.result(), [one.result()]], `after ${before} steps`);
    assert.equal(get(arena, one.result() + ClassicSub.users), 2);
  }
});

test('who gets a notifier while its last user puts it gets a live one', steppedOnly, () => {
  let again = 0;
  for (let before = 0; before < STEPS; before++) {
    const { arena, task, mm, opsOf, list } = classicScene();
    const ops = opsOf('a');
    const sub = run(mmuNotifierGet(task, mm, ops));
    const put = actor(arena, 2, (putter: Task) => mmuNotifierPut(putter, sub));
    const got = actor(arena, 3, (getter: Task) => mmuNotifierGet(getter, mm, ops));
    put.steps(before);
    got.go();
    put.go();
    got.go();
    const result = got.result();
    assert.deepEqual([list(), liveObjects(arena, arena.pools.classic)], [[result], [result]], `after ${before} steps`);
    assert.equal(get(arena, result + ClassicSub.users), 1);
    if (load(arena, result) >> 16 === 1) again++;
  }
  assert.ok(again > 0 && again < STEPS, 'some kept the old one and some made a new one');
});
