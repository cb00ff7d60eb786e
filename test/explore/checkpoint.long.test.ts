import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import { wholeSearch } from './wholeSearch.ts';

const main = fileURLToPath(new URL('../../../erased/src/cli/main.js', import.meta.url));
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'hmm-lab-checkpoint-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly said: Record<string, unknown>;
  readonly stderr: string;
}

/** A search from the command line. */
function started(scenario: string, file: string, ...more: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const args = ['explore', scenario, '--strategy', 'search', '--seconds', '600', '--checkpoint-seconds', '0.05', '--json'];
  const child = spawn(process.execPath, [main, ...args, '--checkpoint', join(folder, file), ...more]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, said: stdout === '' ? {} : JSON.parse(stdout), stderr }));
  return { child, ended };
}

const run = (scenario: string, file: string, ...more: string[]): Promise<Ended> => started(scenario, file, ...more).ended;

/** What must not depend on where a search was interrupted. */
const lasting = ({ verdict, states, covers, bound, failure }: Record<string, unknown>) => ({
  verdict,
  states,
  covers,
  bound,
  failure,
});

/** Kills a search `after` so many milliseconds from its first checkpoint on; true if it was over before. */
async function killed(scenario: string, file: string, after: number, ...more: string[]): Promise<boolean> {
  const { child, ended } = started(scenario, file, ...more);
  const first = async (): Promise<void> => {
    while (child.exitCode === null && !existsSync(join(folder, file))) await wait(5);
  };
  await Promise.race([first(), ended]);
  await Promise.race([wait(after), ended]);
  child.kill('SIGKILL');
  const { code } = await ended;
  return code !== null;
}

test('killed three times: what a search that is left alone finds', async () => {
  const scenario = 'device-page-vs-dontneed';
  const whole = await run(scenario, 'whole');
  const { verdict } = whole.said;
  assert.equal(verdict, 'proved');
  for (const after of [50, 300, 700]) await killed(scenario, 'killed', after, '--threads', '2');
  const { code, said, stderr } = await run(scenario, 'killed');
  assert.deepEqual([code, lasting(said)], [0, lasting(whole.said)], stderr);
  assert.ok(!existsSync(join(folder, 'killed')), 'nothing is left of a search that has come to its end');
});

test('from whatever checkpoint, in one thread or two, a search comes to the same', async () => {
  const file = join(folder, 'copied');
  const copies: string[] = [];
  const onProgress = (): void => {
    if (!existsSync(file)) return;
    copies.push(`${file}.${copies.length}`);
    copyFileSync(file, copies.at(-1) as string);
  };
  const searched = (from: string, threads: number, hooks = {}) =>
    exploreParallel('device-page-vs-dontneed', wholeSearch, 1, hooks, { threads, checkpoint: { file: from, everySeconds: 0.1 } });
  const whole = await searched(file, 2, { onProgress });
  assert.equal(whole.verdict, 'proved');
  for (const [i, copy] of copies.entries()) {
    if (i % Math.ceil(copies.length / 4) !== 0) continue;
    const { verdict, states, covers, bound } = await searched(copy, 1 + (i % 2));
    assert.deepEqual(
      { verdict, states, covers, bound },
      { verdict: whole.verdict, states: whole.states, covers: whole.covers, bound: whole.bound },
    );
  }
});

test('a failure is found by who goes on', async () => {
  const defect = ['--driver', 'dmirror:retryCheck=none'];
  const file = 'failure';
  await killed('device-fault-vs-dontneed', file, 10, ...defect);
  const { code, said } = await run('device-fault-vs-dontneed', file, ...defect);
  const { verdict } = said;
  assert.deepEqual([code, verdict, existsSync(join(folder, file))], [1, 'violation', false]);
});

test('Ctrl-C leaves a checkpoint, and what is damaged or of another search is refused', async () => {
  const file = 'kept';
  const { child, ended } = started('mini-hmm-6x4', file);
  while (!existsSync(join(folder, file))) await wait(20);
  await wait(1000);
  child.kill('SIGINT');
  assert.equal((await ended).code, 130);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('.tmp')),
    [],
  );
  const bytes = readFileSync(join(folder, file));
  const refused = async (scenario: string, sentence: RegExp, ...more: string[]): Promise<void> => {
    const { code, stderr } = await run(scenario, file, ...more);
    assert.equal(code, 2, stderr);
    assert.match(stderr, sentence);
    const sentences = stderr.split('\n').filter((line) => line !== '' && !/ of 600\.0 s \| /.test(line));
    assert.equal(sentences.length, 1, stderr);
  };
  await refused('mini-hmm', /is of another search: its scenario is mini-hmm-6x4, here it is mini-hmm/);
  await refused('mini-hmm-6x4', /its preemptions is Infinity, here it is 1/, '--preemptions', '1');
  truncateSync(join(folder, file), bytes.length - 100);
  await refused('mini-hmm-6x4', /is cut off or damaged/);
  const odd = Uint8Array.from(bytes);
  odd[1000] = (odd[1000] as number) ^ 1;
  writeFileSync(join(folder, file), odd);
  await refused('mini-hmm-6x4', /is cut off or damaged/);
  writeFileSync(join(folder, file), 'something else');
  await refused('mini-hmm-6x4', /is no checkpoint of this version/);
  assert.equal(readFileSync(join(folder, file), 'utf8'), 'something else');
  const { code, stderr } = await run('mini-hmm', 'no/such/folder');
  assert.equal(code, 2);
  assert.match(stderr, /cannot be written/);
});
