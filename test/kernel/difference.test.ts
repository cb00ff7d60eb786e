/** Differences between a kernel and the model: a model with a twist stands for the kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine } from '../../src/engines/conformance/machine.ts';
import { knownKinds } from '../../src/kernel/compare.ts';
import { kindOf, type Parting, partingOf, shrunk } from '../../src/kernel/difference.ts';
import { matrixScripts } from '../../src/kernel/matrixScripts.ts';
import type { Answered, Asked } from '../../src/kernel/scripts.ts';
import { behaviourOf, NEWEST } from '../../src/kernels/kernels.ts';
import type { Answer } from '../../src/programs/answer.ts';
import { parseOperation } from '../../src/programs/operation.ts';
import { performCounted } from '../../src/programs/perform.ts';
import { run } from '../../src/steps/steps.ts';

type Twist = (name: string, answer: Answer, before: readonly string[]) => Answer;

/** A kernel that is the model, but for a twist. */
const twisted =
  (twist: Twist) =>
  (asked: Asked): Promise<Answered> => {
    const machine = bootMachine(behaviourOf(NEWEST), false);
    const names: string[] = [];
    const answers = asked.operations.map((operation) => {
      const answer = run(performCounted(machine.task, machine, operation));
      names.push(operation.name);
      return twist(operation.name, answer, names);
    });
    return Promise.resolve({ ...asked, answers, log: [] });
  };

const script = {
  id: 's',
  operations: [
    'open 0 0',
    'mmap 0 4 rw anon',
    'cw 0 4 7',
    'dmig 0 1 1',
    'cr 0 4',
    'dread 0 0 2',
    'mprotect 3 1 r',
    'excl 0 2 1',
    'chk 0 2 1',
    'cr 0 1',
  ].map(parseOperation),
};

test('where both say the same there is nothing', async () => {
  const same = twisted((_, answer) => answer);
  assert.equal(partingOf(await same(script), NEWEST), null);
});

test('a difference is made as small as it can be, and named by what is left', async () => {
  // This kernel forgets that a page is exclusive if a page was migrated before.
  const ask = twisted((name, answer, before) =>
    name === 'chk' && before.includes('dmig') ? { ...answer, e: 0, c: 0, f: 0 } : answer,
  );
  const found = partingOf(await ask(script), NEWEST) as Parting;
  assert.equal(found.operations.length, 9);
  const small = await shrunk(found, NEWEST, ask);
  const texts = small.operations.map(({ text }) => text);
  assert.deepEqual(texts, ['open 0 0', 'mmap 0 4 rw anon', 'dmig 0 1 1', 'excl 0 2 1', 'chk 0 2 1']);
  assert.match(kindOf(small), /^open \| mmap rw anon \| dmig \| excl \| chk -> (c )?e 0\/1( f)?$/);
});

test('a crash while a difference is made smaller is no smaller difference', async () => {
  const ask = twisted((name, answer) => (name === 'chk' ? { ...answer, e: 5 } : answer));
  const crashing = async (asked: Asked): Promise<Answered> => ({
    ...(await ask(asked)),
    ...(asked.operations.some(({ name }) => name === 'cr') ? {} : { crash: { why: 'gone', lastLines: [] } }),
  });
  const small = await shrunk(partingOf(await ask(script), NEWEST) as Parting, NEWEST, crashing);
  assert.ok(small.operations.some(({ name }) => name === 'cr'));
});

test('known kinds are lines with a reason', () => {
  const text = '# remark\n\nopen | mmap rw anon | mlock -> e 12/0: mlock of pages that nobody may touch\n';
  assert.deepEqual(
    [...knownKinds(text, 'f')],
    [['open | mmap rw anon | mlock -> e 12/0', 'mlock of pages that nobody may touch']],
  );
  assert.throws(() => knownKinds('nonsense', 'f'), { name: 'UsageError' });
});

test('the scripts of the matrix have both orders of each pair', () => {
  const ids = new Set(matrixScripts().map(({ id }) => id));
  assert.ok(ids.size > 2000, `${ids.size}`);
  assert.ok(ids.has('m:device:munmap:deviceRead') && ids.has('m:device:deviceRead:munmap'));
});
