/** Rounds on a kernel that is none: how many of each kind there are, and what is known when they are stopped. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Reproduced, reproduce } from '../../src/kernel/reproduce.ts';
import { AgentLost } from '../../src/kernel/session.ts';
import { parseStages } from '../../src/kernel/stages.ts';
import { parseProgram } from '../../src/programs/program.ts';

/** An agent without a kernel: in aimed rounds page 0 holds what no order leaves. With `silent` it stops talking in the second one. */
const agent = (silent: boolean): string => `
  const say = (line) => console.log(JSON.stringify(line));
  const facts = { release: '7.3.4-x', machine: 'x86_64', cpus: 2, pageBytes: 4096, devices: [0] };
  for (const name of ['root', 'frames', 'gupTest', 'bpf', 'btf', 'driverBtf', 'kprobes', 'symbols', 'text']) facts[name] = true;
  let stages = 0, probed = false;
  say({ agent: 1 });
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'check') say({ check: 1, ...facts });
    if (line === 'stages') { stages = 0; probed = false; }
    if (line.startsWith('stage ')) { stages++; if (line.includes(' entry ')) probed = true; }
    const [, mode, count] = /^rounds (\\w+) (\\d+)/.exec(line) ?? [];
    for (let i = 0; i < Number(count ?? 0); i++) {
      if (${silent} && probed && i === 2) return;
      const looks = [{ device: probed ? 7 : 9, marks: [], cpu: 9 }];
      say({ round: 1, taken: mode === 'aimed' ? 1 : 0, waited: 0, reached: Array(stages).fill(1), answers: [[{ e: 0 }], [{ e: 0 }]], looks });
    }
    if (mode !== undefined) say({ rounds: Number(count) });
  });
`;

const program = parseProgram('given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; M: dmig 0 0 1; D: dwrite 0 0 1 9');

async function run(silent: boolean, stopAt: number): Promise<Reproduced | null> {
  const stop = new AbortController();
  const place = { program: process.execPath, args: ['-e', agent(silent)], startSeconds: 60, lastLines: () => [] };
  const stages = parseStages('M entry f, D done, M ends', ['M', 'D']);
  const request = { program, stages, rounds: { aimed: 5, free: 3 } };
  return reproduce(place, request, {
    signal: stop.signal,
    onRound: (mode, done) => {
      if (mode === 'aimed' && done === stopAt) stop.abort();
    },
    onTrial: () => {},
  });
}

test('there are as many rounds of each kind as asked for, and twice as many with one actor after another', async () => {
  const result = await run(false, -1);
  assert.deepEqual(
    result?.tallies.map(({ mode, rounds, taken, violated }) => [mode, rounds, taken, violated]),
    [
      ['aimed', 5, 5, 5],
      ['free', 3, 0, 0],
      ['serial', 10, 0, 0],
    ],
  );
  assert.equal(result?.tallies[0]?.example, 'page 0 for the device is 7, and 9 when one actor comes after another');
  assert.equal(result?.interrupted, false);
});

test('what was stopped tells the rounds that there are', async () => {
  const result = await run(true, 2);
  assert.deepEqual(
    result?.tallies.map(({ mode, rounds, violated, crashes }) => [mode, rounds, violated, crashes]),
    [['aimed', 2, 2, 0]],
  );
  assert.equal(result?.interrupted, true);
});

test('a kernel that crashes counts, and one that does not start again does not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
  const marker = JSON.stringify(join(folder, 'started'));
  // It starts once, and goes in the third round along the stages.
  const once = `
    const fs = require('node:fs');
    if (fs.existsSync(${marker})) process.exit();
    fs.writeFileSync(${marker}, '');
    ${agent(true).replace('i === 2) return', 'i === 2) process.exit()')}
  `;
  const place = { program: process.execPath, args: ['-e', once], startSeconds: 60, lastLines: () => [] };
  const stages = parseStages('M entry f, D done, M ends', ['M', 'D']);
  const request = { program, stages, rounds: { aimed: 5, free: 3 } };
  const seen: number[] = [];
  const hooks = {
    signal: new AbortController().signal,
    onRound: (_: string, done: number) => seen.push(done),
    onTrial: () => {},
  };
  await assert.rejects(reproduce(place, request, hooks), (error) => error instanceof AgentLost && error.atStart);
  assert.deepEqual(seen, [1, 2]);
  rmSync(folder, { recursive: true });
});
