/** The agent, compiled here: what it answers to operations that need no device. Skipped where there is no C compiler. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { agentProgram } from '../../src/kernel/agentProgram.ts';
import { factsOf, findings } from '../../src/kernel/check.ts';
import { randomScript } from '../../src/kernel/randomScript.ts';
import { type Answered, Kernel } from '../../src/kernel/scripts.ts';
import { AgentLost, startSession } from '../../src/kernel/session.ts';
import { packageRoot } from '../../src/package/version.ts';
import { parseOperation } from '../../src/programs/operation.ts';

const hasCompiler = spawnSync('cc', ['--version']).status === 0;
const skip = hasCompiler && process.platform === 'linux' ? false : 'there is no C compiler, or this is no Linux';

const cache = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(cache, { recursive: true, force: true }));

const never = new AbortController().signal;
const here = () => ({ program: agentProgram('cc', cache), args: [], startSeconds: 20, lastLines: () => [] });

async function run(...texts: readonly string[]): Promise<Answered> {
  const kernel = new Kernel(here(), never);
  try {
    return await kernel.run({ id: 'a script', operations: texts.map(parseOperation) });
  } finally {
    await kernel.stop();
  }
}

test('the sources have no warning', { skip }, () => {
  const folder = fileURLToPath(new URL('kernel/', packageRoot));
  const files = readdirSync(folder).filter((name) => name.endsWith('.c'));
  assert.ok(files.length > 10);
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', join(cache, 'strict'), ...files], { cwd: folder });
});

test('the agent is compiled once', { skip }, () => {
  const first = agentProgram('cc', cache);
  assert.equal(agentProgram('cc', cache), first);
  assert.equal(readdirSync(cache).filter((name) => name.startsWith('agent-')).length, 1);
});

test('without a compiler it is one sentence', () => {
  assert.throws(() => agentProgram('no-such-compiler', join(cache, 'other')), {
    name: 'UsageError',
    message: /^there is no C compiler 'no-such-compiler'/,
  });
});

test('pages are written, forked, copied, refused and given back', { skip }, async () => {
  const { answers, crash } = await run(
    'mmap 0 4 rw anon',
    'cw 0 3 7',
    'fork 1',
    '@1 cw 0 1 20',
    'cr 0 5',
    '@1 cr 0 1',
    'mprotect 1 1 r',
    'cw 0 3 30',
    'maps',
    '@1 exit',
    '@1 cr 0 1',
    'munmap 0 1',
    'cr 0 1',
    'dread 0 0 1',
  );
  assert.equal(crash, undefined);
  assert.deepEqual(answers, [
    { e: 0 },
    { e: 0, flt: 3, v: [] },
    { e: 0 },
    { e: 0, flt: 1, v: [] },
    { e: 0, flt: 1, v: [7, 8, 9, 0, 'SEGV1'] },
    { e: 0, flt: 0, v: [20] },
    { e: 0 },
    // The parent has the pages for itself again only where the child has made a copy of its own.
    { e: 0, flt: 2, v: ['ok', 'SEGV2', 'ok'] },
    {
      e: 0,
      m: [
        [0, 1, 'rw-p', 0, 0],
        [1, 2, 'r--p', 0, 0],
        [2, 4, 'rw-p', 0, 0],
      ],
    },
    { e: 0 },
    { e: 3, dead: 1 },
    { e: 0 },
    { e: 0, flt: 0, v: ['SEGV1'] },
    { e: 9, flt: 0 },
  ]);
});

test('what smaps says is about each mapping of the arena', { skip }, async () => {
  const { answers } = await run('mmap 0 4 rw anon', 'cw 0 1 7', 'madvise 3 1 nohugepage', 'mprotect 1 1 r', 'smaps');
  assert.deepEqual(answers.at(-1), {
    e: 0,
    sm: [
      [0, 1, 'rw-p', 1, 0, '', 1],
      [1, 2, 'r--p', 0, 0, '', 0],
      [2, 3, 'rw-p', 0, 0, '', 0],
      [3, 4, 'rw-p', 0, 0, 'nh', 0],
    ],
  });
});

test('files, pipes and pins', { skip }, async () => {
  const { answers } = await run(
    'file 2 3',
    'mmap 0 3 rw fshared 2 0',
    'cr 0 3',
    'ftrunc 2 1',
    'cr 0 2',
    'fread 2 0 2',
    'mmap 8 2 rw anon',
    'pvw 8 2 50',
    'pvr 8 2',
    'pin 0 8 2',
    'unpin 0',
    'unpin 0',
    'mmap 100 50 rw anon',
    'cr 100 50',
  );
  assert.deepEqual(
    answers.map(({ flt: _, ...answer }) => answer),
    [
      { e: 0 },
      { e: 0 },
      { e: 0, v: [0xf20000, 0xf20001, 0xf20002] },
      { e: 0 },
      { e: 0, v: [0xf20000, 'BUS2'] },
      { e: 0, v: [0xf20000, 'eof'] },
      { e: 0 },
      { e: 0, n: 2, v: [] },
      { e: 0, n: 2, v: [50, 51] },
      { e: 0, n: 2 },
      { e: 0 },
      { e: 9 },
      { e: 0 },
      { e: 0, vr: [[0, 50, 0]] },
    ],
  );
});

test('one agent does many scripts, each with processes of its own', { skip }, async () => {
  const kernel = new Kernel(here(), never);
  try {
    for (let number = 0; number < 20; number++) {
      const script = randomScript(3, number);
      const { answers, crash } = await kernel.run(script);
      assert.equal(crash, undefined);
      assert.equal(answers.length, script.operations.length);
      assert.deepEqual(
        answers.filter((answer) => 'unknown' in answer),
        [],
      );
    }
  } finally {
    await kernel.stop();
  }
});

test('a kernel says what it has, and what it lacks', { skip }, async () => {
  const kernel = new Kernel(here(), never);
  const facts = await factsOf(kernel).finally(() => kernel.stop());
  assert.match(facts.release, /^\d+\.\d+/);
  const lacks = (changed: object): string[] =>
    findings({ ...facts, ...changed })
      .filter(({ has }) => !has)
      .map(({ what }) => what);
  for (const [changed, what] of [
    [{ devices: [] }, 'test driver'],
    [{ cpus: 1 }, 'processors'],
    [{ btf: false }, 'BTF'],
    [{ root: false }, 'root'],
    [{ hugePages: 'always madvise [never]' }, 'huge pages'],
    [{ lockdown: 'none [integrity] confidentiality' }, 'lockdown'],
  ] as const)
    assert.ok(lacks(changed).includes(what), what);
  assert.ok(!lacks({ devices: [0] }).includes('test driver'));
});

test('an agent that ends, says nothing, or is none, is lost', { skip }, async () => {
  const place = { args: [], startSeconds: 1, lastLines: () => ['the last line'] };
  const lost = (why: RegExp) => (error: unknown) =>
    error instanceof AgentLost && error.atStart && why.test(error.message) && error.lastLines.at(-1) === 'the last line';
  await assert.rejects(startSession({ ...place, program: 'true' }, never), lost(/ended/));
  await assert.rejects(startSession({ ...place, program: 'sleep', args: ['60'] }, never), lost(/nothing for 1 s/));
  await assert.rejects(startSession({ ...place, program: '/no/such/program' }, never), { name: 'UsageError' });
  for (const [e, reason] of [
    [8, 'it is of another kernel'],
    [1, 'it takes only modules that are signed (EPERM)'],
    [12, 'errno 12'],
  ] as const) {
    const refused = { ...place, program: 'echo', args: [`{"module":"00-x.ko","e":${e}}`] };
    await assert.rejects(startSession(refused, never), { message: `the kernel does not take the module x.ko: ${reason}` });
  }
});

test('the agent loads the modules that it is given', { skip }, async () => {
  const place = { ...here(), args: ['/no/such/module.ko'] };
  await assert.rejects(startSession(place, never), { message: /^the kernel does not take the module module.ko: / });
});

test('a kernel that is lost is one for the next script', { skip }, async () => {
  const kernel = new Kernel(here(), never);
  try {
    const session = await kernel.session();
    session.send('quit');
    const script = { id: 'x', operations: [parseOperation('mmap 0 1 rw anon')] };
    const { answers, crash } = await kernel.run(script);
    assert.deepEqual([answers, crash?.why], [[], 'the agent ended']);
    assert.deepEqual((await kernel.run(script)).answers, [{ e: 0 }]);
  } finally {
    await kernel.stop();
  }
});
