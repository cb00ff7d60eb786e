#!/usr/bin/env node
import { isUsageError } from '../input/usageError.ts';
/** The program `hmm-lab`: finds the command, runs it, and turns what happened into an exit code. */
import { version } from '../package/version.ts';
import { commandNamed, commands } from './commands.ts';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE } from './exitCodes.ts';
import { commandHelp, programHelp } from './help.ts';
import { interruptedCode } from './interruptible.ts';
import { drained } from './stdout.ts';

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
  const command = await commandNamed(isNamed ? first : 'stress').load();
  const rest = isNamed ? args.slice(1) : args;
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(rest);
}

/** Reports why the program failed, and returns the exit code. */
function failed(error: unknown): number {
  if (isUsageError(error)) {
    process.stderr.write(`hmm-lab: ${error.message.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`);
    return EXIT_USAGE;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`hmm-lab: the lab itself failed, please report this:\n${detail}\n`);
  return EXIT_FAILURE;
}

/** A reader that has seen enough (`hmm-lab windows | head`) closes the pipe, and a terminal may be gone. That is no error; what follows goes nowhere. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

process.on('uncaughtException', (error) => {
  process.exit(failed(error));
});

const code = await main(process.argv.slice(2)).catch(failed);
// Leave at once, whatever a worker or a driver module left running; but only after a slow reader of the pipe has it all.
await drained();
process.exit(code === EXIT_INTERRUPTED ? interruptedCode() : code);
