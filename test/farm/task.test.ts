/** What a worker takes, and what it refuses. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkRequest } from '../../src/farm/call.ts';
import { checkers } from '../../src/farm/check.ts';
import { checkServer, shownServer } from '../../src/farm/server.ts';
import { type FarmCommand, type Job, jobOf, refusal, taskId, tasksOf } from '../../src/farm/task.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-task-'));
const outside = mkdtempSync(join(tmpdir(), 'hmm-lab-outside-'));
after(() => {
  for (const one of [folder, outside]) rmSync(one, { recursive: true, force: true });
});

const job = (more: Partial<Job> = {}, request: object = { scenarios: ['mini-hmm'] }): Job => ({
  ...jobOf({ command: 'prove', request: { ...request }, parts: 3, firstFailure: false }),
  ...more,
});

test('the same job has the same id, and another one another', () => {
  assert.equal(job().id, job().id);
  assert.notEqual(job().id, job({}, { scenarios: ['mini-hmm-5x3'] }).id);
  assert.deepEqual(
    tasksOf(job()).map(taskId),
    [1, 2, 3].map((part) => `${job().id}-${part}`),
  );
});

test('what comes from a queue is a task, or refused in a sentence', async () => {
  const { task: check, job: checkJob, isJob, result } = await checkers();
  const task = { job: job(), shard: [1, 3] };
  assert.deepEqual(check(structuredClone(task)), task);
  const odd: readonly unknown[] = [
    null,
    {},
    { ...task, more: 1 },
    { ...task, shard: [1] },
    { ...task, shard: ['1', '3'] },
    { ...task, job: { ...task.job, command: 'rm' } },
    { ...task, job: { ...task.job, id: '../x' } },
    { ...task, job: { ...task.job, modules: { './a.mjs': 5 } } },
  ];
  for (const one of odd) assert.throws(() => check(one), /^UsageError: what was in the queue is no task of hmm-lab: /, `${one}`);
  assert.deepEqual(checkJob(structuredClone(job())), job());
  for (const one of [null, {}, task, { ...job(), command: 'rm' }, { ...job(), more: 1 }]) {
    assert.throws(() => checkJob(one), /^UsageError: what was in the queue is no job of hmm-lab: /, `${one}`);
    assert.equal(isJob(one), false);
  }
  assert.throws(() => result({ report: {} }), /^UsageError: what was in the queue is no result of hmm-lab: /);
});

test('a task of another version or model is refused', () => {
  const why = (more: Partial<Job>) => refusal({ job: job(more), shard: [1, 3] }, { modules: undefined });
  assert.equal(why({}), null);
  assert.match(why({ version: '0.0.1' }) ?? '', /^the task is of hmm-lab 0\.0\.1, and this worker is \d/);
  assert.match(why({ model: '0123456789ab' }) ?? '', /^the task is of model 0123456789ab, and this worker has [0-9a-f]{12}$/);
});

test('modules are taken only from the folder that is allowed, and only the very same', () => {
  const [inside, other] = [join(folder, 'driver.mjs'), join(outside, 'driver.mjs')];
  mkdirSync(join(folder, 'sub'));
  for (const file of [inside, other]) writeFileSync(file, 'export default {};\n');
  const named = (driver: string): Job => job({}, { scenarios: ['mini-hmm'], driver });
  const why = (one: Job, modules: string | undefined) => refusal({ job: one, shard: [1, 3] }, { modules });
  assert.equal(why(named(inside), folder), null);
  assert.match(why(named(inside), undefined) ?? '', /names the module '.*', and this worker takes none \(--allow-modules DIR\)$/);
  assert.match(why(named(other), folder) ?? '', /^the module '.*' is not below '/);
  const escaping = named(`${folder}/sub/../../${outside.split('/').at(-1)}/driver.mjs`);
  assert.match(why(escaping, folder) ?? '', /^the module '.*' is not below '/);
  const before = named(inside);
  writeFileSync(inside, 'export default { changed: true };\n');
  assert.match(why(before, folder) ?? '', /is another one than that of the job$/);
  rmSync(inside);
  assert.match(why(before, folder) ?? '', /is not there$/);
});

test('an address is checked, and shown without its password', () => {
  assert.equal(shownServer({ redis: 'redis://user:secret@host:6379/2' }), 'redis://host:6379/2');
  assert.equal(shownServer({ postgres: 'postgres://user:secret@host/db?sslmode=require' }), 'postgres://host/db');
  for (const redis of ['host:6379', 'http://host', '', 'postgres://host/db', 'secret', 'redis://user:secret%zz@host'])
    assert.throws(
      () => checkServer({ redis }),
      (error: Error) => /^--redis is no such address/.test(error.message) && !error.message.includes('secret'),
    );
});

test('what a job asks for is looked at before it is handed out', async () => {
  const odd: readonly (readonly [FarmCommand, object, RegExp])[] = [
    ['matrix', { states: ['wrotten'] }, /^UsageError: unknown state 'wrotten'/],
    ['hunt', { bugs: ['R0'] }, /^UsageError: unknown bug 'R0'/],
    ['fuzz', { programs: 0 }, /^UsageError: programs is '0'/],
    ['prove', { driver: 'dmirrror' }, /^UsageError: unknown driver 'dmirrror'/],
    ['conformance', { files: ['nowhere.jsonl'] }, /^UsageError: nowhere\.jsonl cannot be read/],
  ];
  for (const [command, request, why] of odd) await assert.rejects(checkRequest(command, { ...request }), why);
  await checkRequest('matrix', { states: ['written'] });
});
