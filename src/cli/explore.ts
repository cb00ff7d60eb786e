/** `hmm-lab explore`, `replay` and `scenarios`: interleavings under control. */
import { writeSync } from 'node:fs';
import type { Bug } from '../bugs/bug.ts';
import { type DriverSettings, parseDriverSpec } from '../drivers/base/options.ts';
import type { ExploreOptions, ExploreResult } from '../engines/explore/explore.ts';
import type { Failure } from '../engines/explore/machine/failure.ts';
import { version } from '../package/version.ts';
import { chromeTrace } from '../report/chromeTrace.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { exploreText } from '../report/exploreText.ts';
import { pointsText } from '../report/pointsText.ts';
import { runAudit } from './audit.ts';
import { bugNamed } from './bugNamed.ts';
import { ALL_SECONDS, exploreAll } from './exploreAll.ts';
import { importExplorer } from './explored.ts';
import { type Command, jsonFlag, parseArguments, parseFlags } from './flags.ts';
import { outFile } from './outFile.ts';
import { quote, UsageError } from './usage.ts';

/** How long to look when nothing is said. */
const SECONDS = 10;

const chromeFlag = {
  name: 'chrome',
  kind: 'text',
  value: 'FILE',
  help: 'write a failure as Chrome trace events, for chrome://tracing or Perfetto',
  example: 'trace.json',
} as const;

const exploreFlags = [
  {
    name: 'all',
    kind: 'switch',
    help: 'all scenarios that fit the driver, with 0, 1, 2 and 3 preemptions, then all interleavings of each, until one breaks a rule or time is up',
  },
  {
    name: 'driver',
    kind: 'text',
    value: 'NAME|FILE[:OPTION=VALUE,...]',
    defaultText: 'that of the scenario',
    help: 'a driver of hmm-lab drivers, or your own by the path of its module, in place of the in-tree test driver, with options; or options of the driver that the scenario is written for',
    example: 'nouveau:retryCheck=none',
  },
  { name: 'bug', kind: 'text', value: 'ID', help: 'put a bug of hmm-lab bugs into the model first', example: 'R05' },
  {
    name: 'strategy',
    kind: 'text',
    value: 'NAME',
    default: 'portfolio',
    help: 'search, then sampling (portfolio); search; or one way of sampling: random, pct1 to pct4, pos, basicPos, urw, bounded1 to bounded3, delay1 to delay3, hints, roundRobin',
  },
  {
    name: 'seconds',
    kind: 'number',
    defaultText: `${SECONDS}; ${ALL_SECONDS} with --all`,
    above: 0,
    max: 86_400,
    unit: 's',
    help: 'how long to look',
  },
  { name: 'schedules', kind: 'whole', default: 10_000_000, min: 1, max: 1_000_000_000, help: 'most executions' },
  {
    name: 'preemptions',
    kind: 'whole',
    defaultText: 'all interleavings',
    min: 0,
    max: 100,
    help: 'most preemptions of the search',
  },
  {
    name: 'workers',
    kind: 'whole',
    default: 1,
    min: 1,
    max: 64,
    help: 'threads; for a seed and a number of schedules the result is the same for any number of them',
  },
  { name: 'seed', kind: 'whole', default: 1, min: 0, max: 2_147_483_647, help: 'seed of the sampling strategies' },
  {
    name: 'schedule',
    kind: 'text',
    value: 'TEXT',
    help: 'run this one schedule, given by named points as a failure shows it',
    example: '"D@lock#4 A@done D@setPte#2"',
  },
  {
    name: 'points',
    kind: 'switch',
    help: 'list the points that actors pass, as parts of a schedule: in a run without preemption, or in that of --schedule',
  },
  {
    name: 'audit',
    kind: 'switch',
    help: 'look instead for steps that another actor can come between: two accesses without a point between them (docs/explore.md)',
  },
  chromeFlag,
  jsonFlag,
] as const;

const EXIT_INTERRUPTED = 130;

type Explorer = Awaited<ReturnType<typeof importExplorer>>;

/** Lets something go on until it ends or Ctrl-C stops it; a second Ctrl-C leaves at once. */
async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>, leave: () => never): Promise<T> {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) leave();
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    return await run(stop.signal);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

const leaveUnknown = (): never => process.exit(EXIT_INTERRUPTED);

/** Explores in threads, so that this one can show how it goes and take a Ctrl-C. */
async function exploreLive(
  explorer: Explorer,
  scenario: string,
  options: ExploreOptions,
  workers: number,
  json: boolean,
): Promise<ExploreResult> {
  const live = startExploreLive(process.stderr, options.seconds);
  let found: Failure | undefined;
  const onFound = (failure: Failure): void => {
    found = failure;
  };
  const leave = (): never => {
    if (found === undefined) return leaveUnknown();
    const { rule, message } = found;
    const known = { scenario, verdict: 'violation', interrupted: true, failure: { oracle: rule, message } };
    const text = json
      ? JSON.stringify({ schema: 'hmm-lab/explore/1', version, ...known })
      : `VIOLATION: ${scenario}: rule ${rule} is broken: ${message} (not looked into)`;
    writeSync(1, `${text}\n`);
    return process.exit(1);
  };
  try {
    return await interruptible(
      (signal) => explorer.exploreParallel(scenario, options, workers, { onProgress: live.update, onFound, signal }),
      leave,
    );
  } finally {
    live.stop();
  }
}

/** `chrome` stores the failure as a trace. */
function report(command: string, result: ExploreResult, json: boolean, chrome?: (text: string) => void): number {
  if (result.failure !== null) chrome?.(chromeTrace(result.failure, result.scenario));
  (json ? process.stderr : process.stdout).write(exploreText(result));
  if (json) process.stdout.write(`${JSON.stringify({ schema: `hmm-lab/${command}/1`, version, ...result })}\n`);
  if (result.failure !== null || result.verdict === 'vacuous') return 1;
  return result.interrupted ? EXIT_INTERRUPTED : 0;
}

/** The scenario that is asked for: by its name, or by a bug. */
async function subject(args: readonly string[]) {
  const { values, given } = parseArguments('explore', exploreFlags, args, { what: 'one scenario', most: 1 });
  const bug: Bug | undefined = values.bug === undefined ? undefined : await bugNamed(values.bug);
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
  }).find(([, given]) => given);
  if (values.audit && odd !== undefined)
    throw new UsageError(`--${odd[0]} does not go with --audit, which tries interleavings of its own`);
  if (values.all && values.strategy !== 'portfolio') throw new UsageError('--strategy does not go with --all, which searches');
  if (scenario === undefined && !values.all)
    throw new UsageError(
      'hmm-lab explore needs the name of a scenario (see hmm-lab scenarios), or the path of a module, or --bug, or --all',
    );
  return { scenario: values.all ? undefined : scenario, bug, values };
}

/** The driver that was asked for by name, if any, and its options. */
function driverOf(spec: string | undefined): { readonly driver?: string; readonly settings: DriverSettings } {
  if (spec === undefined) return { settings: {} };
  const { name, settings } = parseDriverSpec(spec);
  return { driver: name, settings };
}

export const explore: Command = {
  name: 'explore',
  argument: '[SCENARIO]',
  description:
    'Explores one scenario: all interleavings with 0, 1 and 2 preemptions, then all of them, and for what is left of the time ' +
    'a portfolio of randomised strategies. Says proved, bounded or sampled, or shows the interleaving that breaks a rule. ' +
    'With --all it explores all scenarios, as the first answer to whether a driver is right. Ctrl-C stops it and prints what was found. A scenario of your own is given by the path of its module (docs/explore.md). With --bug the scenario may be left out: it is the one that shows the bug.',
  flags: exploreFlags,
  examples: [
    'hmm-lab explore mini-hmm',
    'hmm-lab explore device-fault-vs-munmap --bug R05',
    'hmm-lab explore cpu-store-vs-migration --workers 2 --seconds 60',
    'hmm-lab explore device-fault-vs-munmap --driver dmirror:retryCheck=none',
    'hmm-lab explore migration-vs-dontneed --driver dmirror:foreignCounter=off --json',
    'hmm-lab explore ./my-scenario.mjs',
    'hmm-lab explore device-fault-vs-munmap --points',
    'hmm-lab explore device-fault-vs-munmap --driver ./my-driver.mjs --audit',
    'hmm-lab explore --all --driver ./my-driver.mjs',
  ],
  async run(args) {
    const { scenario, bug, values } = await subject(args);
    const chrome = values.chrome === undefined ? undefined : outFile(values.chrome);
    const { settings: chosen, ...driver } = driverOf(values.driver);
    const settings = { ...bug?.settings, ...chosen };
    const { json, strategy, schedules, seed, workers, schedule, preemptions = Number.POSITIVE_INFINITY } = values;
    const { seconds = scenario === undefined ? ALL_SECONDS : SECONDS } = values;
    if (scenario === undefined)
      return exploreAll({
        ...driver,
        settings: { ...(driver.driver === undefined ? bug?.settings : {}), ...chosen },
        bug,
        seconds,
        preemptions,
        workers,
        json,
        chrome,
      });
    const options = { strategy, seconds, schedules, seed, preemptions, settings, ...driver, explain: true };
    if (values.audit) return await runAudit({ scenario, settings, ...driver, seconds, schedules, seed, json }, bug);
    const explorer = await importExplorer(bug);
    if (values.points) {
      const points = await explorer.listPoints(scenario, { settings, ...driver }, schedule);
      process.stdout.write(
        json
          ? `${JSON.stringify({ schema: 'hmm-lab/points/1', version, ...points })}\n`
          : pointsText(points, schedule !== undefined),
      );
      return points.failure === null ? 0 : 1;
    }
    if (schedule === undefined)
      return report('explore', await exploreLive(explorer, scenario, options, workers, json), json, chrome);
    const followed = await interruptible(
      (signal) => explorer.runSchedule(scenario, { settings, ...driver }, schedule, signal),
      leaveUnknown,
    );
    return report('explore', followed, json, chrome);
  },
};

const replayFlags = [chromeFlag, jsonFlag] as const;

export const replay: Command = {
  name: 'replay',
  argument: 'TOKEN',
  description:
    'Runs the schedule of a token, as explore prints it, and shows the same failure. A token is good for the model that made it.',
  flags: replayFlags,
  examples: ['hmm-lab replay hmm1.1a2b3c4d.WyJ...'],
  async run(args) {
    const { values, given: tokens } = parseArguments('replay', replayFlags, args, { what: 'one token', most: 1 });
    const [given] = tokens;
    if (given === undefined) throw new UsageError('hmm-lab replay needs a token, as explore prints it');
    const { json, chrome: file } = values;
    const chrome = file === undefined ? undefined : outFile(file);
    const { decodeToken, scenarioSources } = await importExplorer();
    const { bug, scenario: named } = decodeToken(given);
    const sources = await scenarioSources(named);
    const explorer = await importExplorer(bug === null ? undefined : await bugNamed(bug));
    const { scenario, settings, schedule } = explorer.readToken(given, sources);
    const result = await interruptible((signal) => explorer.runSchedule(scenario, { settings }, schedule, signal), leaveUnknown);
    return report('replay', result, json, chrome);
  },
};

const scenarioFlags = [jsonFlag] as const;

export const scenarios: Command = {
  name: 'scenarios',
  description: 'Lists the scenarios, with the race windows of docs/windows.md that each can reach.',
  flags: scenarioFlags,
  examples: ['hmm-lab scenarios', 'hmm-lab scenarios --json'],
  async run(args) {
    const { json } = parseFlags('scenarios', scenarioFlags, args);
    const explorer = await importExplorer();
    const all = [...explorer.scenarios(), ...explorer.longScenarios()];
    const listed = all.map(({ name, title, windows }) => ({ name, title, windows: windows.split(' ') }));
    process.stdout.write(
      json
        ? `${JSON.stringify({ schema: 'hmm-lab/scenarios/1', version, scenarios: listed })}\n`
        : `${all.map(({ name, title, windows }) => `${name}\n  ${title}; windows ${windows}\n`).join('')}`,
    );
    return 0;
  },
};
