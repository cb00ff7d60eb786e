/** A race and its stages as a folder that stands alone: one C file, what it is told, a script that runs it, and a page about it. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../input/usageError.ts';
import { version } from '../package/version.ts';
import type { Program } from '../programs/program.ts';
import { programText } from '../programs/program.ts';
import { agentFolder } from './agentProgram.ts';
import { shareText } from './confidence.ts';
import { type Mode, raceLines, raceOf } from './race.ts';
import { ordersOf, type Reproduced, type Rounds, roundsOf, type Tally } from './reproduce.ts';
import { type Stage, stageOrder, stageText } from './stages.ts';

/** What a folder is made of. */
export interface Emitted {
  readonly program: Program;
  /** Where each actor stops in the model, one for each stage; none of stages that were written by hand. */
  readonly wheres: readonly string[];
  /** What the model says of the failure; undefined where no failure is known. */
  readonly sentence: string | undefined;
  readonly result: Reproduced;
}

/** Of the agent: what a race needs. The declarations come first. */
const PARTS = [
  ...['agent.h', 'hold/hold.h', 'stages.h', 'actor.c', 'answer.c', 'bpf.c', 'cpu.c', 'device.c', 'files.c', 'holds.c', 'look.c'],
  ...[
    'memory.c',
    'pins.c',
    'probes.c',
    'program.c',
    'race.c',
    'stages.c',
    'symbols.c',
    'system.c',
    'types.c',
    'views.c',
    'words.c',
  ],
  'alone/main.c',
];

/** All of them as one file. */
export const sourceAlone = (): string =>
  PARTS.map((name) => {
    const text = readFileSync(join(agentFolder, name), 'utf8');
    return text.replaceAll(/^#include ".*"\n/gm, '');
  }).join('\n');

/** The lines for the program: the race; each order of the actors once, which tells what may be seen; then the rounds that are judged. */
export function linesAlone(program: Program, stages: readonly Stage[], rounds: Rounds): string[] {
  const race = raceOf(program);
  const kind = (mode: Mode, taken: readonly Stage[], count: number): string[] => [
    'stages',
    ...taken.map((stage) => stageOrder(stage, race.actors)),
    `rounds ${mode} ${count}`,
  ];
  const orders = ordersOf(race.actors).flatMap((order) =>
    kind(
      'aimed',
      order.map((actor): Stage => ({ actor, place: 'done', times: 1 })),
      1,
    ),
  );
  const judged = (['aimed', 'free', 'serial'] as const).flatMap((mode) =>
    kind(mode, mode === 'aimed' ? stages : [], roundsOf(mode, rounds)),
  );
  return [...raceLines(race), ...orders, ...judged];
}

const SCRIPT = `#!/bin/sh
# run.sh [ROUNDS]: compiles the program where that was not done, and runs it.
set -e
cd "$(dirname "$0")"
if [ "$(id -u)" != 0 ]; then echo 'run.sh: only root may probe a kernel' >&2; exit 2; fi
if [ ! -e /dev/hmm_dmirror0 ]; then echo 'run.sh: the test driver is not loaded: there is no /dev/hmm_dmirror0' >&2; exit 2; fi
if [ ! -x reproducer ]; then "\${CC:-cc}" -O2 -static -pthread -o reproducer reproducer.c; fi
exec ./reproducer race.txt "$@"
`;

const rowOf = ({ mode, rounds, taken, violated }: Tally): string =>
  `| ${mode} | ${rounds} | ${mode === 'aimed' ? taken : ''} | ${shareText(violated, rounds)} |`;

/** The page. */
function pageOf({ program, wheres, sentence, result: { facts, stages, tallies } }: Emitted): string {
  const row = (stage: Stage, i: number): string =>
    `| ${i + 1} | ${stage.actor} | ${wheres[i] === undefined ? '' : `${wheres[i]} | `}\`${stageText(stage).replace(`${stage.actor} `, '')}\` |`;
  const hasWheres = wheres.length > 0;
  return [
    '# A race on a Linux kernel, aimed',
    '',
    `Made by hmm-lab ${version}. The test driver of the kernel (test_hmm) and these threads, at the same time:`,
    '',
    ...programText({ ...program, schedule: undefined })
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
    '',
    ...(sentence === undefined ? [] : [`The model says of this interleaving: ${sentence}.`, '']),
    '## The interleaving',
    '',
    'Each actor is a thread on a CPU of its own. It runs until it comes to its place, and is held there until its next stage is due.',
    '`done`: the others wait until all its operations are. `ends`: so too, but they go on when it waits for one of them.',
    '',
    hasWheres ? '| stage | actor | in the model | on the kernel |' : '| stage | actor | on the kernel |',
    hasWheres ? '|---|---|---|---|' : '|---|---|---|',
    ...stages.map(row),
    '',
    `## What came of it on Linux ${facts.release} (${facts.machine}, ${facts.cpus} CPUs)`,
    '',
    '| rounds | how many | took the stages | wrong |',
    '|---|---|---|---|',
    ...tallies.map(rowOf),
    '',
    ...tallies.flatMap(({ mode, example }) => (example === undefined ? [] : [`* ${mode}: ${example}.`])),
    '',
    '*aimed*: along the stages; *free*: without them; *serial*: with a lock around each actor. Wrong is what is not so when one actor comes after another, in some order.',
    '',
    '## Run it',
    '',
    'It may crash the kernel: use a virtual machine. It takes root, two CPUs, the test driver with its node /dev/hmm_dmirror0, BPF, kprobes, /proc/kallsyms, /proc/kcore, and a C compiler with a static libc.',
    '',
    '    sh run.sh 100',
    '',
    'prints the same three lines again. `race.txt` has the operations, with pages as addresses, and the stages; `reproducer.c` does what it says; program.hmm is the program for hmm-lab. The exit code is 1 if an aimed round was wrong.',
    '',
  ].join('\n');
}

/** @throws UsageError where there is something already. */
export function demandNewFolder(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(`--emit '${folder}' is there already, and not empty`);
}

/** Writes the folder. */
export function emit(folder: string, emitted: Emitted): void {
  const { program, result } = emitted;
  const count = (one: Mode): number => result.tallies.find(({ mode }) => mode === one)?.rounds || 1;
  const rounds = { aimed: count('aimed'), free: count('free') };
  const files = {
    'reproducer.c': sourceAlone(),
    'race.txt': `${linesAlone(program, result.stages, rounds).join('\n')}\n`,
    'run.sh': SCRIPT,
    'README.md': pageOf(emitted),
    'program.hmm': programText(program),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  chmodSync(join(folder, 'run.sh'), 0o755);
}
