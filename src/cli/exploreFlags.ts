/** The flags of `hmm-lab explore`. */
import { exploreBounds, exploreUsual } from '../library/explore.ts';
import { exploreAllUsual } from '../library/exploreAll.ts';
import { chromeFlag } from './exploreOutput.ts';
import { bugFlag, jsonFlag, type Values } from './flags.ts';
import { kernelFlag } from './kernelFlag.ts';
import { givenFlag } from './programArgument.ts';

export const exploreFlags = [
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
  kernelFlag,
  bugFlag,
  givenFlag,
  {
    name: 'from-trace',
    kind: 'text',
    value: 'FILE',
    help: 'take the program from a trace of a real kernel, text of ftrace or of trace-cmd report (docs/kernel.md): its threads are the actors, and their order is tried first; with --format the program is printed, and nothing explored',
    example: 'trace.txt',
  },
  { name: 'format', kind: 'switch', help: 'print a program in its usual form, and explore nothing' },
  {
    name: 'strategy',
    kind: 'text',
    value: 'NAME',
    default: exploreUsual.strategy,
    help: 'search, then sampling (portfolio); search; or one way of sampling: random, pct1 to pct4, pos, basicPos, urw, bounded1 to bounded3, delay1 to delay3, hints, feedback, roundRobin',
  },
  {
    name: 'seconds',
    ...exploreBounds.seconds,
    defaultText: `${exploreUsual.seconds}; ${exploreAllUsual.seconds} with --all`,
    unit: 's',
    help: 'how long to look',
  },
  { name: 'schedules', ...exploreBounds.schedules, default: exploreUsual.schedules, help: 'most executions' },
  {
    name: 'preemptions',
    ...exploreBounds.preemptions,
    defaultText: 'all interleavings',
    help: 'most preemptions of the search',
  },
  {
    name: 'reduction',
    kind: 'text',
    value: 'NAME',
    default: exploreUsual.reduction,
    help: 'what the searches may leave out because it comes to the same: none; orders, of steps; all, which also takes like actors for one another',
  },
  {
    name: 'workers',
    ...exploreBounds.workers,
    default: exploreUsual.workers,
    help: 'threads; for a seed and a number of schedules the result is the same for any number of them',
  },
  {
    name: 'threads',
    ...exploreBounds.threads,
    default: exploreUsual.threads,
    help: 'threads that make each search together; verdict and states of a finished search are the same for any number of them',
  },
  {
    name: 'checkpoint',
    kind: 'text',
    value: 'FILE',
    help: 'with --strategy search: write there now and then, and when it is stopped, how far the search has come, and go on from there if the file exists',
  },
  {
    name: 'checkpoint-seconds',
    ...exploreBounds.checkpointSeconds,
    default: exploreUsual.checkpointSeconds,
    unit: 's',
    help: 'time between two checkpoints',
  },
  { name: 'seed', ...exploreBounds.seed, default: exploreUsual.seed, help: 'seed of the sampling strategies' },
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

export type ExploreValues = Values<typeof exploreFlags>;
