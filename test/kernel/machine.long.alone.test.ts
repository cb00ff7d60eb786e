/**
 * A real kernel in a virtual machine, booted once: asked, recorded, compared, and made to take a race. HMM_LAB_KERNEL names a folder with
 * `vmlinuz` and `test_hmm.ko` (`hmm-lab kernel fetch` makes one); without it, or without QEMU, this is skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { askedOf } from '../../src/cli/failureStages.ts';
import { readRecording } from '../../src/engines/conformance/recording.ts';
import { replay } from '../../src/engines/conformance/replay.ts';
import { askedScripts } from '../../src/kernel/askedScripts.ts';
import { factsOf } from '../../src/kernel/check.ts';
import { compare } from '../../src/kernel/compare.ts';
import { emit } from '../../src/kernel/emit.ts';
import { placeFor } from '../../src/kernel/place.ts';
import { randomScript } from '../../src/kernel/randomScript.ts';
import { record, recordingText } from '../../src/kernel/record.ts';
import { reproduce } from '../../src/kernel/reproduce.ts';
import { Kernel } from '../../src/kernel/scripts.ts';
import { parseStages } from '../../src/kernel/stages.ts';
import type { Way } from '../../src/kernel/ways.ts';
import { parseProgram } from '../../src/programs/program.ts';

const QEMU = 'qemu-system-x86_64';
const HOLD = 'hmm_lab_hold.ko';
const { HMM_LAB_KERNEL: folder } = process.env;

/** Longest time for a kernel that is being fetched to come, and for all that is done with it. */
const FETCH_SECONDS = 20;
const SECONDS = 300;

/** Why there is no kernel to be asked; undefined where there is one. */
async function missing(): Promise<string | undefined> {
  if (folder === undefined) return 'no kernel is given: HMM_LAB_KERNEL names a folder, which hmm-lab kernel fetch makes';
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  const absent = (): string | undefined => ['vmlinuz', 'test_hmm.ko'].find((name) => !isThere(name));
  const isComing = (): boolean => isThere('apt') && !isThere('why') && absent() !== undefined;
  for (let i = 0; i < FETCH_SECONDS && isComing(); i++) await setTimeout(1000);
  if (isThere('why')) return `no kernel was fetched: ${readFileSync(join(folder, 'why'), 'utf8').trim()}`;
  if (isComing()) return 'the kernel is still being fetched';
  if (absent() !== undefined) return `HMM_LAB_KERNEL: there is no ${join(folder, absent() as string)}`;
  if (spawnSync(QEMU, ['--version']).status !== 0) return `there is no ${QEMU}`;
  return spawnSync('cc', ['--version']).status === 0 ? undefined : 'there is no C compiler for the agent';
}

const why = await missing();
const options = { skip: why ?? false, timeout: SECONDS * 1000 };
const made = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));

/** One machine for all. */
function boot() {
  const path = (name: string): string => join(folder ?? '', name);
  const { place, remove } = placeFor({
    ...{ vm: true, host: false, yes: false },
    kernelImage: path('vmlinuz'),
    modules: ['test_hmm.ko', HOLD].map(path).filter((module) => existsSync(module)),
  });
  return { kernel: new Kernel(place, AbortSignal.timeout(SECONDS * 1000)), remove };
}
const machine = why === undefined ? boot() : undefined;
const kernel = machine?.kernel as Kernel;
after(async () => {
  await machine?.kernel.stop();
  machine?.remove();
  rmSync(made, { recursive: true, force: true });
});
const { signal } = new AbortController();

test('a kernel says what it has', options, async () => {
  const { devices, root, bpf, kprobes, symbols } = await factsOf(kernel);
  assert.deepEqual([devices.includes(0), root, bpf, kprobes, symbols], [true, true, true, true, true]);
});

test('what a kernel answers is what the model answers', options, async () => {
  const scripts = askedScripts([
    'A: open 0 0 | mmap 0 2 rw anon | cw 0 2 7 | dmig 0 0 1 | pm 0 2 | snap 0 0 2 | cr 0 2 | madvise 0 1 free | dread 0 0 2',
  ]);
  const recorded = await record(kernel, scripts, { signal, onScript: () => {} });
  assert.ok(recorded !== null);
  const file = join(made, 'one.jsonl');
  writeFileSync(file, recordingText(recorded, undefined));
  const [script] = readRecording(file);
  assert.ok(script !== undefined && script.answers.length === 9);
  assert.deepEqual(replay(script), []);
});

/** Of a seed in whose scripts no device faults on a page that it has in its own memory: at that the driver as it is crashes. */
const QUIET_SEED = 1;

test('ten scripts at random are answered alike', options, async () => {
  const scripts = Array.from({ length: 10 }, (_, number) => randomScript(QUIET_SEED, number));
  const request = { scripts, source: 'ten', driver: undefined, known: new Map<string, string>() };
  const compared = await compare(kernel, request, { signal, onScript: () => {} });
  assert.deepEqual([compared?.scripts, compared?.kinds], [10, []]);
});

/** The defects of the driver that both races are about. */
const DRIVER = 'dmirror:lockOnReturn=off,foreignCounter=off,waitAfterSample=off,engine=mutex,ownMigrate=ignoreWithoutSeq';
const ROUNDS = 20;

/** Takes a failure that is found in the model, and returns what came of it. */
async function taken(program: string, way: Way, rounds: number) {
  const asked = await askedOf(program, { stages: undefined, driver: DRIVER, bug: undefined }, signal);
  assert.ok(asked !== null && 'segments' in asked.stages);
  const hooks = { signal, onRound: () => {}, onTrial: () => {} };
  const result = await reproduce(kernel, { ...asked, rounds: { aimed: rounds, free: rounds }, way }, hooks);
  assert.ok(result !== null);
  const [aimed, , serial] = result.tallies;
  // Now and then a busy host leaves a machine no time.
  const least = rounds - Math.max(1, rounds / 10);
  assert.ok((aimed?.taken ?? 0) >= least && (aimed?.violatedTaken ?? 0) >= 0.5 * rounds, JSON.stringify(aimed));
  assert.deepEqual([serial?.rounds, serial?.violated], [2 * rounds, 0]);
  assert.equal(result.probed[0], way);
  return { asked, segments: asked.stages.segments, result };
}

/** B-4: a device writes to its own page, which a CPU takes home at the same time. */
const B4 = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1\nD: dwrite 0 0 1 9\nA: cr 0 1\n';

test('a race that is lost now and then is lost each time along its stages', options, async () => {
  const { asked, segments, result } = await taken(B4, 'kprobe', ROUNDS);
  const wheres = segments.map(({ where }) => where);
  emit(join(made, 'emitted'), { program: asked.program, wheres, sentence: asked.sentence, result });
  assert.ok(existsSync(join(made, 'emitted', 'reproducer.c')));
});

/** B-5: a page is discarded while it migrates to a device. */
const B5 = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7\nM: dmig 0 0 1\nA: madvise 0 1 dontneed\n';

test('functions can hold a thread by themselves', options, async () => {
  await taken(B5, 'fentry', ROUNDS / 4);
});

test('a schedule that a lock forbids is not taken', options, async () => {
  // Where a range fault returns, mmap_lock is held, and mprotect wants it for itself.
  const program = parseProgram('given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; D: dread 0 0 1; A: mprotect 0 1 r');
  const stages = parseStages('D return hmm_range_fault, A done, D ends', ['D', 'A']);
  const hooks = { signal, onRound: () => {}, onTrial: () => {} };
  for (const way of ['fentry', 'kprobe'] as const) {
    const result = await reproduce(kernel, { program, stages, rounds: { aimed: 2, free: 1 }, way }, hooks);
    const { taken: count, missed } = result?.tallies[0] ?? {};
    assert.deepEqual([count, missed], [0, [0, 2, 0]], way);
  }
});

const withModule = existsSync(join(folder ?? '', HOLD)) ? options : { skip: why ?? `there is no ${HOLD}` };

test('a module can hold a thread, in a function and before it', withModule, async () => {
  await taken(B4, 'module', ROUNDS / 4);
  await taken(B5, 'module', ROUNDS / 4);
});
