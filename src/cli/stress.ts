/** `hmm-lab stress`: runs a race and reports what came of it. */
import { writeSync } from 'node:fs';
import type { RaceOptions, RaceResult } from '../engines/race/types.ts';
import type { Reproduced } from '../engines/reproduce/reproduce.ts';
import { type ReadyRace, runRace } from '../library/race.ts';
import { isReproducible, reproduceRace } from '../library/reproduceRace.ts';
import { isProgram } from '../programs/program.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { startLive } from '../report/live.ts';
import { reproducedText } from '../report/reproducedText.ts';
import { stressText } from '../report/stressText.ts';
import { styleFor } from '../report/style.ts';
import { plural, seconds } from '../report/units.ts';
import { EXIT_VIOLATION } from './exitCodes.ts';
import { type Command, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { outFile } from './outFile.ts';
import { onlyProgram } from './programArgument.ts';
import { claimStdout } from './stdout.ts';
import { stressFlags, stressOf } from './stressOptions.ts';
import { exitCodes, stressProgram } from './stressProgram.ts';

const SHAKEN = 'The actors hardly run at the same time: random delays at points make them meet from here on.';

/** What is about to run, in a line: with the seed, should the run not live to tell it. */
function announcement(options: RaceOptions): string {
  const team = [
    plural(options.cpus, 'CPU thread'),
    plural(options.devices, 'device'),
    plural(options.migrators, 'migrator'),
    plural(options.disturbers, 'disturber'),
  ].join(', ');
  return `Racing ${team} over ${plural(options.pages, 'page')}${options.huge ? ', huge ones among them,' : ''} for ${seconds(options.seconds)} (driver ${options.driver}, seed ${options.seed})`;
}

/** Races, and shows meanwhile how it goes. */
async function raceLive(ready: ReadyRace): Promise<{ readonly result: RaceResult; readonly isStopped: boolean }> {
  const { options } = ready;
  // Said once the engine has taken the options: when it refuses them, that is the only line.
  const announce = setImmediate(() => process.stderr.write(`${announcement(options)}\n`));
  const live = startLive(process.stderr, options.seconds);
  const hooks = { onProgress: live.update, onShaken: () => live.note(SHAKEN) };
  const stopping = (): void => live.note('Stopping; Ctrl-C again leaves at once.');
  const run = async (signal: AbortSignal) => ({ result: await runRace(ready, { ...hooks, signal }), isStopped: signal.aborted });
  return interruptible(run, { stopping }).finally(() => {
    clearImmediate(announce);
    live.stop();
  });
}

/** Looks for the violation of a race, if there is something to look for. A second Ctrl-C leaves at once, with what `known` writes. */
async function reproduceLive(result: RaceResult, ready: ReadyRace, known: () => void): Promise<Reproduced | null> {
  if (ready.trace === 0 || !isReproducible(result)) return null;
  process.stderr.write(
    `Looking for it under a controlled scheduler, for ${seconds(ready.trace)} at most; Ctrl-C ends that, --trace 0 leaves it out.\n`,
  );
  const live = startExploreLive(process.stderr, ready.trace);
  const leaving = (): number => {
    known();
    return EXIT_VIOLATION;
  };
  return interruptible((signal) => reproduceRace(result, ready, { onProgress: live.update, signal }), { leaving }).finally(
    live.stop,
  );
}

async function run(args: readonly string[]): Promise<number> {
  const { values, given } = parseArguments('stress', stressFlags, args, { what: 'one program', most: 1, isPart: isProgram });
  const program = onlyProgram('stress', given, values.given);
  if (program !== undefined) return stressProgram(program, values);
  // A driver module may print when it is loaded.
  const print = values.json ? claimStdout() : null;
  const ready = await stressOf(values);
  const store = values.out === undefined ? undefined : outFile(values.out);
  const { result, isStopped } = await raceLive(ready);
  const prose = values.json ? process.stderr : process.stdout;
  prose.write(stressText(result, styleFor(prose)));
  const write = (trace: Reproduced | null): string => `${JSON.stringify({ ...result, trace })}\n`;
  // Before the search for a trace, too: a second Ctrl-C in it takes nothing away.
  store?.(write(null));
  const trace = isStopped ? null : await reproduceLive(result, ready, () => values.json && writeSync(1, write(null)));
  if (trace !== null) {
    prose.write(reproducedText(trace, result));
    store?.(write(trace));
  }
  print?.(write(trace));
  // What was found counts for more than how the program came to its end.
  return exitCodes[result.verdict];
}

export const stress: Command = {
  name: 'stress',
  argument: '[FILE.hmm | COLUMN...]',
  description:
    'Runs a race of CPU-fault threads, devices, migrators and disturbers over one address space in shared memory, on real ' +
    'threads, and checks every rule of the model while they run. It ends with a verdict, the retry rate and a latency table. ' +
    'A violation is then looked for in the scenarios of explore, to show the interleaving behind it (--trace). ' +
    'Ctrl-C stops it and prints the summary so far. ' +
    'With a program (docs/programs.md) its columns race instead, each on a thread of its own, again and again from the same set-up.',
  flags: stressFlags,
  examples: [
    'hmm-lab stress',
    'hmm-lab stress --seconds 300 --cpus 2 --devices 2',
    'hmm-lab stress --driver dmirror:retryCheck=none --delay driverSnapshot=1/100:80us',
    'hmm-lab stress --huge --seconds 60',
    'hmm-lab stress --bug G17',
    'hmm-lab stress --seconds 5 --json --out result.json',
    'hmm-lab stress "A: cw 0 1 8" "B: munmap 0 1" --given "mmap 0 1 rw anon"',
  ],
  run,
};
