#!/usr/bin/env node
/** The program `hmm-lab`: finds the command, runs it, and turns what happened into an exit code. */
import { version } from '../version.ts';
import { bugs } from './bugs.ts';
import { conformance } from './conformance.ts';
import { drivers } from './drivers.ts';
import { explore, replay, scenarios } from './explore.ts';
import type { Command } from './flags.ts';
import { commandHelp, programHelp } from './help.ts';
import { hunt } from './hunt.ts';
import { measure } from './measure.ts';
import { merge } from './merge.ts';
import { stress } from './stress.ts';
import { quote, UsageError, unknown } from './usage.ts';
import { windows } from './windows.ts';

const EXIT_USAGE = 2;
/** A failure of the lab itself (EX_SOFTWARE of sysexits.h): it must not look like a violation, which is 1. */
const EXIT_FAILURE = 70;

const help: Command = {
  name: 'help',
  summary: 'print the help of the program or of a command',
  description: 'Prints the help of a command, or of the program.',
  flags: [],
  examples: ['hmm-lab help stress'],
  async run(args) {
    const [name, extra] = args;
    if (extra !== undefined) throw new UsageError(`unexpected argument ${quote(extra)}, hmm-lab help takes one command`);
    process.stdout.write(name === undefined ? programHelp(commands) : commandHelp(commandNamed(name)));
    return 0;
  },
};

const commands: readonly Command[] = [
  stress,
  measure,
  merge,
  explore,
  replay,
  hunt,
  scenarios,
  conformance,
  windows,
  drivers,
  bugs,
  help,
];

function commandNamed(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  throw unknown('command', name, names, `allowed are ${names.join(', ')}`);
}

async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === '--help' || first === '-h') {
    process.stdout.write(programHelp(commands));
    return 0;
  }
  if (first === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  // Without a command, or with flags alone, the race runs: it is the main thing.
  const isNamed = first !== undefined && !first.startsWith('-');
  const command = isNamed ? commandNamed(first) : stress;
  const rest = isNamed ? args.slice(1) : args;
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(rest);
}

/** Reports why the program failed, and returns the exit code. */
function failed(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`hmm-lab: ${error.message.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`);
    return EXIT_USAGE;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`hmm-lab: the lab itself failed, please report this:\n${detail}\n`);
  return EXIT_FAILURE;
}

/** A reader that has seen enough (`hmm-lab windows | head`) closes the pipe. That is no error; what follows goes nowhere. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.on('uncaughtException', (error) => {
  process.exit(failed(error));
});

const code = await main(process.argv.slice(2)).catch(failed);
// Leave at once, whatever a worker or a driver module left running; but only after a slow reader of the pipe has it all.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
