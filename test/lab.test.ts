import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressSpace, DEV_PRIVATE_LOCAL, Lab, ModelError, SYSTEM_WRITE } from './exports.ts';

test('a script moves a page to the device and back', async () => {
  await using lab = await Lab.create();
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const device = await lab.device(space);
  const at = await cpu.mmap(4);
  await cpu.write(at, 42);
  await cpu.write(at + 4096, 43);
  assert.equal(await device.migrate(at, 4), 4);
  assert.equal(lab.devicePages(device), 4);
  assert.deepEqual(await device.read(at, 4), [42, 43, 0, 0]);
  assert.deepEqual([...(await device.snapshot(at, 1))], [DEV_PRIVATE_LOCAL]);
  // The CPU's touch brings one page home.
  assert.equal(await cpu.read(at), 42);
  assert.equal(lab.devicePages(device), 3);
  assert.deepEqual([...(await device.snapshot(at, 1))], [SYSTEM_WRITE]);
  assert.deepEqual(lab.check(), []);
  assert.deepEqual(await lab.close(space), []);
});

test('device atomics and CPU increments add up', async () => {
  await using lab = await Lab.create();
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const other = await lab.cpu(space);
  const device = await lab.device(space);
  const at = await cpu.mmap(1);
  const rounds = 50;
  const many = async (step: () => Promise<number>): Promise<void> => {
    for (let i = 0; i < rounds; i++) await step();
  };
  await Promise.all([many(() => cpu.increment(at)), many(() => other.increment(at)), many(() => device.increment(at))]);
  assert.equal(await cpu.read(at), 3 * rounds);
  assert.deepEqual(await lab.close(space), []);
});

test('a child keeps what it had at the fork', async () => {
  await using lab = await Lab.create();
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const device = await lab.device(space);
  const at = await cpu.mmap(1);
  await cpu.write(at, 1);
  await device.migrate(at, 1);
  const child: AddressSpace = await cpu.fork();
  const inChild = await lab.cpu(child);
  await device.write(at, 2);
  assert.equal(await inChild.read(at), 1);
  assert.equal(await cpu.read(at), 2);
  assert.deepEqual(lab.check(), []);
  await inChild.exit();
  assert.deepEqual(await lab.close(space), []);
});

test('a second device takes the page over', async () => {
  await using lab = await Lab.create();
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const [first, second] = [await lab.device(space), await lab.device(space)];
  const at = await cpu.mmap(1);
  await first.write(at, 5);
  await first.migrate(at, 1);
  assert.deepEqual([...(await second.snapshot(at, 1))], [0], 'a foreign private page looks empty');
  assert.deepEqual(await second.read(at), [5]);
  assert.equal(lab.devicePages(first), 0);
  assert.deepEqual(await lab.close(space), []);
});

test('errors say what failed', async () => {
  await using lab = await Lab.create();
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const device = await lab.device(space);
  const at = await cpu.mmap(2, undefined, 'read');
  await assert.rejects(cpu.write(at, 1), { name: ModelError.name, message: `write at ${at}: SIGSEGV` });
  await assert.rejects(device.write(at, 1), /device write: -EPERM/);
  await assert.rejects(cpu.read(at + 2 * 4096), /SIGSEGV/);
  await assert.rejects(device.read(at + 2 * 4096), /device read: -EFAULT/);
  await assert.rejects(cpu.read(at + 1), { name: 'UsageError' });
  await assert.rejects(lab.device(space, 'nvidia'), /was not given to Lab.create/);
  await assert.rejects(lab.device(space, 'dmirror', { retryCheck: 'maybe' }), /allowed: locked, beforeLock, none/);
  await assert.rejects(Lab.create({ sizes: { systemPages: 2 } }), /at least 3/);
  assert.deepEqual(await lab.close(space), []);
});
