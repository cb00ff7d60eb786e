/**
 * A real kernel in a virtual machine: asked, recorded, compared, and made to take a race. HMM_LAB_KERNEL names a folder with `vmlinuz` and
 * `test_hmm.ko` (docs/kernel.md says where they come from); without one, or without QEMU, this is skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const QEMU = 'qemu-system-x86_64';
const { HMM_LAB_KERNEL: kernel } = process.env;

function missing(): string | undefined {
  if (kernel === undefined) return 'no kernel is given: HMM_LAB_KERNEL names a folder with vmlinuz and test_hmm.ko';
  const absent = ['vmlinuz', 'test_hmm.ko'].find((name) => !existsSync(join(kernel, name)));
  if (absent !== undefined) return `HMM_LAB_KERNEL: there is no ${join(kernel, absent)}`;
  if (spawnSync(QEMU, ['--version']).status !== 0) return `there is no ${QEMU}`;
  return spawnSync('cc', ['--version']).status === 0 ? undefined : 'there is no C compiler for the agent';
}

const why = missing();
const skip = why ?? false;
const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Runs a command in a machine, and returns its JSON beside its exit code. */
function inMachine(...args: readonly string[]) {
  const place = ['--vm', '--kernel-image', join(kernel ?? '', 'vmlinuz'), '--module', join(kernel ?? '', 'test_hmm.ko')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, ...place], {
    encoding: 'utf8',
    timeout: 600_000,
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

test('a kernel says what it has', { skip }, () => {
  const { status, stdout, stderr } = inMachine('kernel', 'check', '--json');
  assert.equal(status, 0, stderr);
  assert.ok(JSON.parse(stdout).facts.devices.includes(0), stderr);
});

test('what a kernel answers is what the model answers', { skip }, () => {
  const out = join(folder, 'one.jsonl');
  const script =
    'A: open 0 0 | mmap 0 2 rw anon | cw 0 2 7 | dmig 0 0 1 | pm 0 2 | snap 0 0 2 | cr 0 2 | madvise 0 1 free | dread 0 0 2';
  const recorded = inMachine('record', script, '--out', out);
  assert.equal(recorded.status, 0, recorded.stderr);
  const replayed = spawnSync(process.execPath, [program, 'conformance', out], { encoding: 'utf8' });
  assert.match(replayed.stdout, /1 of 1 scripts and 9 of 9 operations agree\n$/);
  // The driver as it is crashes where a device faults on a page of its own.
  const { stdout, stderr } = inMachine('compare', '--random', '10', '--seed', '1', '--json');
  const { scripts, kinds } = JSON.parse(stdout) as { scripts: number; kinds: { kind: string }[] };
  assert.deepEqual([scripts, kinds.filter(({ kind }) => !kind.endsWith('-> crash'))], [10, []], stderr);
});

test('a race that is lost now and then is lost each time along its stages', { skip }, () => {
  const race = join(folder, 'b4.hmm');
  writeFileSync(race, 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1\nD: dwrite 0 0 1 9\nA: cr 0 1\n');
  const driver = 'dmirror:lockOnReturn=off,engine=mutex,ownMigrate=ignoreWithoutSeq';
  const emitted = join(folder, 'emitted');
  const { status, stdout, stderr } = inMachine(
    'reproduce',
    race,
    '--driver',
    driver,
    '--rounds',
    '20',
    '--emit',
    emitted,
    '--json',
  );
  assert.equal(status, 1, stderr);
  const [aimed, , serial] = JSON.parse(stdout).tallies as {
    taken: number;
    violatedTaken: number;
    violated: number;
    rounds: number;
  }[];
  assert.ok((aimed?.taken ?? 0) >= 18 && (aimed?.violatedTaken ?? 0) >= 10, stderr);
  assert.deepEqual([serial?.rounds, serial?.violated], [40, 0]);
  assert.ok(existsSync(join(emitted, 'reproducer.c')));
});
