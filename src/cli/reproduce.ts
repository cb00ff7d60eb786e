/** `hmm-lab reproduce`: a race on a real kernel, along a schedule. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { shareText } from '../kernel/confidence.ts';
import type { Segment } from '../kernel/plan.ts';
import type { Mode } from '../kernel/race.ts';
import type { Reproduced, Tally } from '../kernel/reproduce.ts';
import { parseStages, type Stage, stageText } from '../kernel/stages.ts';
import type { Program } from '../programs/program.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
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
    help: 'of each kind: along the stages, without them, one actor after another',
  },
  {
    name: 'driver',
    kind: 'text',
    value: 'NAME[:OPTION=VALUE,...]',
    defaultText: 'dmirror',
    help: 'the driver with which the model breaks a rule, of a program without a token',
    example: 'dmirror:lockOnReturn=off',
  },
  bugFlag,
  ...placeFlags,
  jsonFlag,
] as const;

/** What is too long for a name is none. */
const isFile = (one: string): boolean => existsSync(one) && statSync(one).isFile();

/** Columns, or a file of them. */
const textOf = (given: readonly string[]): string =>
  given.map((one) => (isFile(one) ? readFileSync(one, 'utf8') : one)).join('\n');

/** A program, and what its actors are to do. */
interface Asked {
  readonly program: Program;
  readonly stages: readonly Stage[] | { readonly segments: readonly Segment[] };
}

/** From a failure of the model: that of a token, of a program's schedule, or one that is looked for. */
async function fromFailure(
  text: string,
  model: { readonly driver?: string | undefined; readonly bug?: string | undefined },
): Promise<Asked> {
  const { stopsOfSchedule, stopsOfToken } = await import('../library/scheduleStops.ts');
  const { parseProgram, programName } = await import('../programs/program.ts');
  const { scheduledProgram } = await import('../engines/explore/failure/scheduledProgram.ts');
  const { planOf } = await import('../kernel/plan.ts');
  const stopsOf = async () => {
    if (isToken(text)) return stopsOfToken(text.trim());
    const program = parseProgram(text);
    const request = { scenario: programName(program), ...model };
    if (program.schedule !== undefined) return stopsOfSchedule(request, program.schedule);
    const { explore } = await import('../library/explore.ts');
    const { failure } = await explore(request);
    if (failure === null)
      throw new UsageError(
        'explore finds nothing that breaks in the program: give it a schedule line, or --stages, or the --driver option with which it breaks',
      );
    return stopsOfToken(failure.token);
  };
  const stops = await stopsOf();
  const program = scheduledProgram(stops.scenario, '');
  if (program === null)
    throw new UsageError(`scenario ${stops.scenario} is no program, and only programs can be run on a kernel (docs/programs.md)`);
  return { program: parseProgram(program), stages: { segments: planOf(stops) } };
}

const isToken = (text: string): boolean => /^\s*hmm1\./.test(text);

const PROGRESS_MS = 2000;

const progress = (rounds: number) =>
  nowAndThen(PROGRESS_MS, (mode: Mode, done: number) => `${mode}: ${done} of ${rounds} rounds`);

function tallyText(
  { mode, rounds, taken, violated, violatedTaken, missed, example, crashes }: Tally,
  stages: readonly Stage[],
): string {
  const lines =
    mode === 'aimed'
      ? [`aimed:  taken ${shareText(taken, rounds)}, violated ${shareText(violatedTaken, taken)} of those`]
      : [`${`${mode}:`.padEnd(8)}violated ${shareText(violated, rounds)}`];
  if (mode === 'aimed' && violated > violatedTaken) lines.push(`        and ${violated - violatedTaken} of those not taken`);
  for (const [i, count] of missed.entries())
    if (count > 0) lines.push(`        stage ${i + 1}, ${stageText(stages[i] as Stage)}, was not reached in ${count}`);
  if (crashes > 0) lines.push(`        ${crashes} crashed the kernel`);
  if (example !== undefined) lines.push(`        ${example}`);
  return lines.map((line) => `${line}\n`).join('');
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
    const { stages: text, rounds, json, driver, bug } = values;
    if (given.length === 0)
      throw new UsageError('hmm-lab reproduce needs a token, as explore prints it, or a program: a file, or its columns');
    const { parseProgram } = await import('../programs/program.ts');
    const { raceOf } = await import('../kernel/race.ts');
    const { reproduce: reproduced } = await import('../kernel/reproduce.ts');
    const byHand = (stagesText: string): Asked => {
      const program = parseProgram(textOf(given));
      return { program, stages: parseStages(stagesText, raceOf(program).actors) };
    };
    const { program, stages: asked } = text === undefined ? await fromFailure(textOf(given), { driver, bug }) : byHand(text);
    const { place, remove } = placeOf(values);
    const tell = (result: Reproduced | null): number => {
      if (result === null) return EXIT_INTERRUPTED;
      const prose = json ? process.stderr : process.stdout;
      prose.write(`Linux ${result.facts.release}: ${result.stages.map(stageText).join(', ')}\n`);
      if (result.trials > 1) prose.write(`the best of ${result.trials} choices of places that come to the same\n`);
      for (const tally of result.tallies) prose.write(tallyText(tally, result.stages));
      if (result.interrupted) prose.write('Stopped.\n');
      if (json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/reproduce/1', ...result })}\n`);
      return exitCode(result);
    };
    const run = (signal: AbortSignal) =>
      reproduced(place, { program, stages: asked, rounds }, { signal, onRound: progress(rounds) });
    return orLost(async () => tell(await interruptible(run)), remove);
  },
};
