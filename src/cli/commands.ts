/**
 * The commands: a line about each for the help of the program, and its module, which is loaded when the command runs or its
 * own help is asked for. Loading all of them would take longer than most commands do.
 */
import type { CommandEntry } from './flags.ts';
import { unknown } from './usage.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'stress',
    summary: 'race CPU threads, devices, migrators and disturbers on real cores (what runs without a command)',
    load: async () => (await import('./stress.ts')).stress,
  },
  {
    name: 'measure',
    summary: 'measure the retry loop: attempts, time to stable, timeouts and wasted work over a sweep of axes',
    load: async () => (await import('./measure.ts')).measure,
  },
  {
    name: 'merge',
    summary: 'join the parts of a job that ran with --shard',
    load: async () => (await import('./merge.ts')).merge,
  },
  {
    name: 'explore',
    summary: 'run a scenario under a controlled scheduler: every interleaving, or the ones most likely to break it',
    load: async () => (await import('./explore.ts')).explore,
  },
  {
    name: 'replay',
    summary: 'run the schedule of a token again',
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'prove',
    summary: 'search all interleavings of all scenarios, and print which are proved',
    load: async () => (await import('./prove.ts')).prove,
  },
  {
    name: 'matrix',
    summary: 'each operation by each, from every state of a page: proved, or the program that breaks a rule',
    load: async () => (await import('./matrix.ts')).matrix,
  },
  {
    name: 'fuzz',
    summary: 'programs at random: what breaks a rule is made as small as it can be',
    load: async () => (await import('./fuzz.ts')).fuzz,
  },
  {
    name: 'simulate',
    summary: 'run a program under virtual time: how long its operations take, and what they answer',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  {
    name: 'hunt',
    summary: 'look for every bug of the corpus, and print the league table',
    load: async () => (await import('./hunt.ts')).hunt,
  },
  {
    name: 'farm',
    summary: 'long jobs on many machines, with a Redis or a PostgreSQL between them',
    load: async () => (await import('./farm.ts')).farm,
  },
  {
    name: 'scenarios',
    summary: 'list the scenarios that explore takes',
    load: async () => (await import('./scenarios.ts')).scenarios,
  },
  {
    name: 'conformance',
    summary: 'replay recordings of a real kernel on the model, and compare every answer',
    load: async () => (await import('./conformance.ts')).conformance,
  },
  {
    name: 'record',
    summary: 'record what a real kernel answers to programs, in a virtual machine or here',
    load: async () => (await import('./record.ts')).record,
  },
  {
    name: 'compare',
    summary: 'compare the model with a real kernel, script after script',
    load: async () => (await import('./compare.ts')).compare,
  },
  {
    name: 'reproduce',
    summary: 'make a real kernel take a schedule, round after round',
    load: async () => (await import('./reproduce.ts')).reproduce,
  },
  {
    name: 'kernel',
    summary: 'say what a real kernel has of all that record, compare and reproduce need',
    load: async () => (await import('./kernel.ts')).kernel,
  },
  {
    name: 'windows',
    summary: 'list the points: the race windows that --delay can widen',
    load: async () => (await import('./windows.ts')).windows,
  },
  {
    name: 'drivers',
    summary: 'list the drivers and their options',
    load: async () => (await import('./drivers.ts')).drivers,
  },
  {
    name: 'bugs',
    summary: 'list the catalogue of bugs that --bug puts back',
    load: async () => (await import('./bugs.ts')).bugs,
  },
  {
    name: 'help',
    summary: 'print the help of the program or of a command',
    load: async () => (await import('./helpCommand.ts')).helpAbout(commands, commandNamed),
  },
];

/** @throws UsageError for a name that no command has. */
export function commandNamed(name: string): CommandEntry {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  throw unknown('command', name, names, `allowed are ${names.join(', ')}`);
}
