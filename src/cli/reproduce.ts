/** `hmm-lab reproduce`: a race on a real kernel, along a schedule. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Trial } from '../kernel/choose.ts';
import { shareText } from '../kernel/confidence.ts';
import { ownHeaders } from '../kernel/holdModule.ts';
import type { Mode } from '../kernel/race.ts';
import type { Reproduced, Tally } from '../kernel/reproduce.ts';
import { type Stage, stageText } from '../kernel/stages.ts';
import { WAYS, wayNamed } from '../kernel/ways.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { type Asked, askedOf } from './failureStages.ts';
import { bugFlag, type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { orLost } from './kernelLoss.ts';
import { placeFlags, placeOf } from './kernelPlace.ts';
import { nowAndThen } from './nowAndThen.ts';
import { UsageError } from './usage.ts';

const flags = [
  {
    name: 'stages',
    kind: 'text',
    value: 'TEXT',
    help: 'in place of stages that are made from the failure: who runs until where in the kernel: ACTOR entry|return|after FUNCTION [from=FUNCTION] [n=NUMBER], or ACTOR done; separated by commas',
    example: '"A entry mutex_lock from=dmirror_migrate_to_device, B done, A done"',
  },
  {
    name: 'rounds',
    kind: 'whole',
    min: 1,
    max: 1000000,
    default: 100,
    help: 'along the stages; twice as many run with one actor after another',
  },
  {
    name: 'probes',
    kind: 'text',
    value: WAYS.join('|'),
    default: 'auto',
    help: 'how the kernel is probed: by calls of the functions themselves, by the module hmm_lab_hold, or by kprobes; auto is the first one that can be, stage by stage',
  },
  {
    name: 'headers',
    kind: 'text',
    value: 'FOLDER',
    defaultText: 'with --host and --probes module, those of its kernel',
    help: 'the headers of the kernel, against which hmm_lab_hold is built and then loaded; one that is built already is a --module',
    example: '/usr/src/linux-headers-7.3.4+deb13-amd64',
  },
  { name: 'free', kind: 'whole', min: 1, max: 1000000, defaultText: 'as --rounds', help: 'rounds without stages' },
  {
    name: 'driver',
    kind: 'text',
    value: 'NAME[:OPTION=VALUE,...]',
    defaultText: 'dmirror',
    help: 'the driver with which the model breaks a rule, of a program without a token',
    example: 'dmirror:lockOnReturn=off',
  },
  bugFlag,
  {
    name: 'emit',
    kind: 'text',
    value: 'FOLDER',
    help: 'write a folder that stands alone: a C file, the stages, a script that runs them, and a page about the interleaving',
    example: 'b4',
  },
  ...placeFlags,
  jsonFlag,
] as const;

/** What is too long for a name is none. */
const isFile = (one: string): boolean => existsSync(one) && statSync(one).isFile();

/** Columns, or a file of them. */
const textOf = (given: readonly string[]): string =>
  given.map((one) => (isFile(one) ? readFileSync(one, 'utf8') : one)).join('\n');

const PROGRESS_MS = 2000;

const progress = (roundsOf: (mode: Mode) => number) =>
  nowAndThen(PROGRESS_MS, (mode: Mode, done: number) => `${mode}: ${done} of ${roundsOf(mode)} rounds`);

/** A choice of places that was tried. */
function tellTrial({ stages, rounds, taken, missed }: Trial): void {
  const why = missed < 0 ? '' : `, stage ${missed + 1} not reached`;
  process.stderr.write(`tried ${stages.map(stageText).join(', ')}: taken ${taken} of ${rounds}${why}\n`);
}

const probedText = (stage: Stage, way = ''): string => `${stageText(stage)}${way === '' ? '' : ` (${way})`}`;

function tallyText(
  { mode, rounds, taken, waited, violated, violatedTaken, missed, example, crashes }: Tally,
  stages: readonly Stage[],
): string {
  const lines =
    mode === 'aimed'
      ? [`aimed:  taken ${shareText(taken, rounds)}, violated ${shareText(violatedTaken, taken)} of those`]
      : [`${`${mode}:`.padEnd(8)}violated ${shareText(violated, rounds)}`];
  if (mode === 'aimed' && violated > violatedTaken) lines.push(`        and ${violated - violatedTaken} of those not taken`);
  if (waited > 0) lines.push(`        in ${waited} of those the one that came first in the end waited for one that was held`);
  for (const [i, count] of missed.entries())
    if (count > 0) lines.push(`        stage ${i + 1}, ${stageText(stages[i] as Stage)}, was not reached in ${count}`);
  if (crashes > 0) lines.push(`        ${crashes} crashed the kernel`);
  if (example !== undefined) lines.push(`        ${example}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** Writes the folder of `--emit`. */
async function emitted(folder: string, { program, stages, sentence }: Asked, result: Reproduced): Promise<void> {
  const { emit } = await import('../kernel/emit.ts');
  const wheres = 'segments' in stages ? stages.segments.map(({ where }) => where) : [];
  emit(folder, { program, wheres, sentence, result });
}

/** 1 if something was wrong in a round that was taken. */
function exitCode({ tallies, interrupted }: Reproduced): number {
  if (tallies.some(({ mode, violated }) => mode === 'aimed' && violated > 0)) return EXIT_VIOLATION;
  return interrupted ? EXIT_INTERRUPTED : 0;
}

export const reproduce: Command = {
  name: 'reproduce',
  argument: 'TOKEN | FILE.hmm | COLUMN...',
  description:
    'Makes a real kernel take a schedule: each actor of a program is a thread, and probes hold it at places in the kernel until its turn comes. These places are made from a failure of explore: that of a token, of the schedule line of a program, or one that is found with --driver or --bug; or --stages names them. ' +
    'Says how many rounds took the schedule, and in how many something was wrong that is not when one actor comes after another: a value that was lost, ' +
    'a device that reads what is no longer there, a crash. The same number of rounds runs without stages, and with a lock around each actor. The exit code is 1 when an aimed round was wrong. ' +
    'docs/kernel.md says what it takes.',
  flags,
  examples: [
    'hmm-lab reproduce race.hmm --stages "A entry mutex_lock from=dmirror_migrate_to_device, B done, A done" --vm --kernel-image vmlinuz --module test_hmm.ko',
  ],
  async run(args) {
    const { values, given } = parseArguments('reproduce', flags, args, { what: 'columns of a program, or a file', most: 32 });
    const { stages: text, rounds: aimed, free = aimed, json, driver, bug, emit: folder } = values;
    const way = wayNamed(values.probes);
    if (given.length === 0)
      throw new UsageError('hmm-lab reproduce needs a token, as explore prints it, or a program: a file, or its columns');
    if (folder !== undefined) (await import('../kernel/emit.ts')).demandNewFolder(folder);
    // What is missing is said before anything is looked for.
    const { place, remove } = placeOf(values, values.headers ?? (values.host && way === 'module' ? ownHeaders() : undefined));
    const tell = (result: Reproduced | null): number => {
      if (result === null) return EXIT_INTERRUPTED;
      const prose = json ? process.stderr : process.stdout;
      if (result.fallBack !== undefined) prose.write(`${result.fallBack}\n`);
      prose.write(
        `Linux ${result.facts.release}: ${result.stages.map((stage, i) => probedText(stage, result.probed[i])).join(', ')}\n`,
      );
      if (result.trials > 1) prose.write(`the best of ${result.trials} choices of places that come to the same\n`);
      for (const tally of result.tallies) prose.write(tallyText(tally, result.stages));
      if (result.interrupted) prose.write('Stopped.\n');
      if (json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/reproduce/1', ...result })}\n`);
      return exitCode(result);
    };
    const run = async (signal: AbortSignal): Promise<Reproduced | null> => {
      const asked: Asked | null = await askedOf(textOf(given), { stages: text, driver, bug }, signal);
      if (asked === null) return null;
      const { reproduce: reproduced, roundsOf } = await import('../kernel/reproduce.ts');
      const rounds = { aimed, free };
      const onRound = progress((mode) => roundsOf(mode, rounds));
      const result = await reproduced(place, { ...asked, rounds, way }, { signal, onRound, onTrial: tellTrial });
      if (folder !== undefined && result !== null) await emitted(folder, asked, result);
      return result;
    };
    return orLost(async () => tell(await interruptible(run)), remove);
  },
};
