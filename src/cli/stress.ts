/** `hmm-lab stress`: runs a race and reports what came of it. */
import { writeSync } from 'node:fs';
import type * as RaceModule from '../engines/race/race.ts';
import type { RaceOptions, RaceResult, RaceVerdict } from '../engines/race/types.ts';
import type { Reproduced } from '../engines/reproduce/reproduce.ts';
import { startLive } from '../report/live.ts';
import { stressText } from '../report/stressText.ts';
import { styleFor } from '../report/style.ts';
import { plural, seconds } from '../report/units.ts';
import { bugNamed } from './bugNamed.ts';
import { type Command, parseFlags } from './flags.ts';
import { outFile } from './outFile.ts';
import { reproducedText, reproduceRace } from './reproduce.ts';
import { claimStdout } from './stdout.ts';
import { raceOptionsOf, stressFlags } from './stressOptions.ts';

const EXIT_INTERRUPTED = 130;

const exitCodes: Readonly<Record<RaceVerdict, number>> = { pass: 0, violation: 1, invalid: 3, interrupted: EXIT_INTERRUPTED };

const SHAKEN = 'The actors hardly run at the same time: random delays at points make them meet from here on.';

/** What is about to run, in a line: with the seed, should the run not live to tell it. */
function announcement(options: RaceOptions): string {
  const team = [
    plural(options.cpus, 'CPU thread'),
    plural(options.devices, 'device'),
    plural(options.migrators, 'migrator'),
    plural(options.disturbers, 'disturber'),
  ].join(', ');
  return `Racing ${team} over ${plural(options.pages, 'page')} for ${seconds(options.seconds)} (driver ${options.driver}, seed ${options.seed})`;
}

/** The engine, of the model as it is or with a bug: that one is a copy of the tree, threads and all. */
async function importRace(bug: string | undefined): Promise<typeof RaceModule> {
  if (bug === undefined) return import('../engines/race/race.ts');
  const { mutatedTree } = await import('../mutation/mutate.ts');
  const { erasedUrlOf } = mutatedTree(await bugNamed(bug));
  return import((await erasedUrlOf('engines/race/race')).href);
}

/** The first Ctrl-C stops the race; a second one does not wait for it. */
function onInterrupt(stop: AbortController, note: (text: string) => void): () => void {
  return () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
    note('Stopping; Ctrl-C again leaves at once.');
  };
}

async function run(args: readonly string[]): Promise<number> {
  const values = parseFlags('stress', stressFlags, args);
  // A driver module may print when it is loaded.
  const print = values.json ? claimStdout() : null;
  const options = await raceOptionsOf(values);
  const store = values.out === undefined ? undefined : outFile(values.out);

  // Loaded only now: a wrong flag and --help need no engine.
  const { race } = await importRace(options.bug);
  // Said once the engine has taken the options: when it refuses them, that is the only line.
  const announce = setImmediate(() => process.stderr.write(`${announcement(options)}\n`));
  const live = startLive(process.stderr, options.seconds);
  const stop = new AbortController();
  const interrupt = onInterrupt(stop, live.note);
  process.on('SIGINT', interrupt);
  let result: RaceResult;
  try {
    result = await race(options, { onProgress: live.update, onShaken: () => live.note(SHAKEN), signal: stop.signal });
  } finally {
    clearImmediate(announce);
    live.stop();
  }
  const prose = values.json ? process.stderr : process.stdout;
  prose.write(stressText(result, styleFor(prose)));
  const write = (trace: Reproduced | null): string => `${JSON.stringify({ ...result, trace })}\n`;
  // Before the search for a trace, too: a second Ctrl-C in it takes nothing away.
  store?.(write(null));
  // After a Ctrl-C the handler stays: a second one ends the program, and is no signal that kills it.
  if (!stop.signal.aborted) process.off('SIGINT', interrupt);
  const trace = stop.signal.aborted
    ? null
    : await reproduceRace(result, values.trace, () => values.json && writeSync(1, write(null)));
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
  description:
    'Runs a race of CPU-fault threads, devices, migrators and disturbers over one address space in shared memory, on real ' +
    'threads, and checks every rule of the model while they run. It ends with a verdict, the retry rate and a latency table. ' +
    'A violation is then looked for in the scenarios of explore, to show the interleaving behind it (--trace). ' +
    'Ctrl-C stops it and prints the summary so far.',
  flags: stressFlags,
  examples: [
    'hmm-lab stress',
    'hmm-lab stress --seconds 300 --cpus 2 --devices 2',
    'hmm-lab stress --driver dmirror:retryCheck=none --delay driverSnapshot=1/100:80us',
    'hmm-lab stress --bug G17',
    'hmm-lab stress --seconds 5 --json --out result.json',
  ],
  run,
};
