/** A program in a model with a bug is held against the model without it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { explore } from '../src/library/explore.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-unchanged-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A change of what MADV_DONTNEED does first. */
function change(id: string, replace: string): string {
  const edit = { module: 'mm/syscalls/madvise', in: 'madviseDontneed', find: 'if (pages <= 0) return -EINVAL;', replace };
  const control = { id, title: 'a change', reference: 'nowhere', scenario: 'device-fault-vs-munmap', edits: [edit] };
  const file = join(folder, `${id}.mjs`);
  writeFileSync(file, `export default ${JSON.stringify(control)};`);
  return file;
}

const refuses = change('REFUSES', 'return -EINVAL;');
const same = change('SAME', 'if (pages < 1) return -EINVAL;');
const WRITTEN = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7';

const explored = (program: string, bug: string) => explore({ scenario: program, bug, seconds: 60 });
test('an answer that is wrong in every order is wrong', async () => {
  const program = `${WRITTEN}; A: madvise 0 1 dontneed; B: dread 0 0 1`;
  const { failure } = await explored(program, refuses);
  assert.equal(failure?.oracle, 'I-OUT');
  assert.match(failure.message, /^'madvise 0 1 dontneed' of A answers EINVAL; in sequential orders it answers success$/);
  assert.equal((await explored(program, same)).verdict, 'proved');
});

test('what is given must come to what it comes to without the bug', async () => {
  const program = `${WRITTEN} | madvise 0 1 dontneed; A: cr 0 1; B: dread 0 0 1`;
  const { failure } = await explored(program, refuses);
  assert.equal(failure?.oracle, 'I-OUT');
  assert.match(failure.message, /'madvise 0 1 dontneed' of what is given fails, and should not/);
  assert.equal((await explored(program, same)).verdict, 'proved');
});
