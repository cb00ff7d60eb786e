/** `hmm-lab explore`: interleavings under control. */
import { writeSync } from 'node:fs';
import type { Mutation } from '../bugs/bug.ts';
import type { Failure } from '../engines/explore/machine/failure.ts';
import { type ExploreReport, type ExploreRequest, explore as explored, exploreUsual } from '../library/explore.ts';
import { exploreAllUsual } from '../library/exploreAll.ts';
import type { PassedPointsRequest } from '../library/passedPoints.ts';
import { version } from '../package/version.ts';
import { isProgram } from '../programs/program.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { foundText } from '../report/exploreText.ts';
import { bugNamed } from '../userModules/bugNamed.ts';
import { EXIT_VIOLATION } from './exitCodes.ts';
import { exploreFlags } from './exploreFlags.ts';
import { reportExploration } from './exploreOutput.ts';
import { type Command, parseArguments } from './flags.ts';
import { interruptedCode, interruptible } from './interruptible.ts';
import { outFile } from './outFile.ts';
import { programOf } from './programArgument.ts';
import { quote, UsageError } from './usage.ts';

/** Explores, and shows meanwhile how it goes. A second Ctrl-C leaves at once, with what is known of a failure. */
async function exploreLive(
  request: ExploreRequest & { readonly scenario: string; readonly seconds: number },
  json: boolean,
): Promise<ExploreReport> {
  const live = startExploreLive(process.stderr, request.seconds);
  let found: Failure | undefined;
  const onFound = (failure: Failure): void => {
    found = failure;
  };
  const leaving = (): number => {
    if (found === undefined) return interruptedCode();
    const { scenario } = request;
    const failure = { oracle: found.rule, message: found.message };
    const known = { schema: 'hmm-lab/explore/1', version, scenario, verdict: 'violation', interrupted: true, failure };
    writeSync(1, `${json ? JSON.stringify(known) : foundText(scenario, found)}\n`);
    return EXIT_VIOLATION;
  };
  // One schedule takes no time to speak of.
  const onProgress = request.schedule === undefined ? live.update : () => {};
  const run = (signal: AbortSignal) => explored(request, { onProgress, onFound, signal });
  return interruptible(run, { leaving }).finally(live.stop);
}

/** The scenario that is asked for: by its name, as a program, or by a bug. */
async function subject(args: readonly string[]) {
  const { values, given: plain } = parseArguments('explore', exploreFlags, args, {
    what: 'one scenario',
    most: 1,
    isPart: isProgram,
  });
  const given = programOf(plain, values.given);
  const bug: Mutation | undefined = values.bug === undefined ? undefined : await bugNamed(values.bug);
  const [named] = given;
  const scenario = named ?? bug?.scenario;
  if (values.all && named !== undefined)
    throw new UsageError(`hmm-lab explore takes a scenario or --all, not both: given was ${quote(named)}`);
  if (values.all && (values.schedule !== undefined || values.points || values.audit))
    throw new UsageError(
      `--${values.points ? 'points' : values.audit ? 'audit' : 'schedule'} is about one scenario, and does not go with --all`,
    );
  const odd = Object.entries({
    schedule: values.schedule !== undefined,
    points: values.points,
    chrome: values.chrome !== undefined,
    preemptions: values.preemptions !== undefined,
    strategy: values.strategy !== 'portfolio',
    reduction: values.reduction !== exploreUsual.reduction,
    checkpoint: values.checkpoint !== undefined,
  }).find(([, given]) => given);
  if (values.audit && odd !== undefined)
    throw new UsageError(`--${odd[0]} does not go with --audit, which tries interleavings of its own`);
  if (values.all && values.threads > 1) throw new UsageError('--threads does not go with --all: --workers is for many scenarios');
  const { checkpoint } = values;
  if (checkpoint !== undefined && (values.all || values.schedule !== undefined || values.points))
    throw new UsageError('--checkpoint keeps the searches of one scenario, and goes with --strategy search');
  if (checkpoint !== undefined && values.strategy !== 'search')
    throw new UsageError(`--checkpoint keeps searches: it goes with --strategy search, not ${quote(values.strategy)}`);
  if (values.all && values.strategy !== 'portfolio') throw new UsageError('--strategy does not go with --all, which searches');
  if (values.all && values.reduction !== exploreUsual.reduction)
    throw new UsageError('--reduction does not go with --all, which leaves out all that may be left out');
  if (scenario === undefined && !values.all && values['from-trace'] === undefined)
    throw new UsageError(
      'hmm-lab explore needs the name of a scenario (see hmm-lab scenarios), or the path of a module, or a program, or --bug, or --all',
    );
  return { scenario: values.all ? undefined : scenario, named, bug, values };
}

/** What explores, or is about exploring. */
const notToFormat = ['all', 'points', 'audit', 'schedule', 'chrome', 'checkpoint', 'driver', 'kernel', 'bug', 'json'] as const;

export const explore: Command = {
  name: 'explore',
  argument: '[SCENARIO | FILE.hmm | COLUMN...]',
  description:
    'Explores one scenario: all interleavings with 0, 1 and 2 preemptions, then all of them, and for what is left of the time ' +
    'a portfolio of randomised strategies. Says proved, bounded or sampled, or shows the interleaving that breaks a rule. ' +
    'With --all it explores all scenarios, as the first answer to whether a driver is right. Ctrl-C stops it and prints what was found. A scenario of your own is given by the path of its module (docs/explore.md), or as a program: a file, or its columns (docs/programs.md). With --bug the scenario may be left out: it is the one that shows the bug.',
  flags: exploreFlags,
  examples: [
    'hmm-lab explore mini-hmm',
    'hmm-lab explore device-fault-vs-munmap --bug R05',
    'hmm-lab explore cpu-store-vs-migration --workers 2 --seconds 60',
    'hmm-lab explore two-device-faults --strategy search --threads 4 --seconds 600',
    'hmm-lab explore device-fault-vs-munmap --driver dmirror:retryCheck=none',
    'hmm-lab explore migration-vs-dontneed --driver dmirror:foreignCounter=off --json',
    'hmm-lab explore "A: cw 0 1 8" "B: munmap 0 1" --given "mmap 0 1 rw anon"',
    'hmm-lab explore ./race.hmm',
    'hmm-lab explore ./race.hmm --format',
    'hmm-lab explore --from-trace trace.txt --driver dmirror:foreignCounter=off,waitAfterSample=off',
    'hmm-lab explore ./my-scenario.mjs',
    'hmm-lab explore device-fault-vs-munmap --points',
    'hmm-lab explore device-fault-vs-munmap --driver ./my-driver.mjs --audit',
    'hmm-lab explore --all --driver ./my-driver.mjs',
  ],
  async run(args) {
    const { scenario, named, bug, values } = await subject(args);
    if (values['from-trace'] !== undefined) return (await import('./exploreTrace.ts')).runTrace(values, named, bug);
    if (values.format) {
      const { formatProgram } = await import('./formatProgram.ts');
      process.stdout.write(
        formatProgram(
          scenario,
          notToFormat.filter((name) => values[name] !== undefined && values[name] !== false),
        ),
      );
      return 0;
    }
    const {
      json,
      chrome: file,
      driver,
      kernel,
      preemptions,
      schedules,
      seed,
      strategy,
      reduction,
      workers,
      threads,
      schedule,
      checkpoint,
    } = values;
    const checkpointSeconds = values['checkpoint-seconds'];
    const chrome = file === undefined ? undefined : outFile(file, 'chrome');
    if (scenario === undefined) {
      const { seconds = exploreAllUsual.seconds } = values;
      const { exploreAll } = await import('./exploreAll.ts');
      return exploreAll({ driver, kernel, bug, preemptions, seconds, workers }, { json, chrome });
    }
    const { seconds = exploreUsual.seconds } = values;
    if (values.audit)
      return (await import('./audit.ts')).runAudit({ scenario, driver, kernel, bug, seconds, schedules, seed }, json);
    if (values.points) return listPoints({ scenario, driver, kernel, bug, schedule }, json);
    const request = {
      scenario,
      driver,
      kernel,
      bug,
      strategy,
      seconds,
      schedules,
      preemptions,
      reduction,
      seed,
      workers,
      threads,
      schedule,
      checkpoint,
      checkpointSeconds,
    };
    return reportExploration(await exploreLive(request, json), json, chrome);
  },
};

/** `--points`. */
async function listPoints(request: PassedPointsRequest, json: boolean): Promise<number> {
  const { passedPoints } = await import('../library/passedPoints.ts');
  const { pointsText } = await import('../report/pointsText.ts');
  const points = await passedPoints(request);
  process.stdout.write(json ? `${JSON.stringify(points)}\n` : pointsText(points, request.schedule !== undefined));
  return points.failure === null ? 0 : EXIT_VIOLATION;
}
