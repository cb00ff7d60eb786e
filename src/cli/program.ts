/** The program `hmm-lab` without its process: finds the command, runs it, and turns what happened into an exit code. */
import { isUsageError } from '../input/usageError.ts';
import { version } from '../package/version.ts';
import { commandNamed, commands } from './commands.ts';
import { EXIT_FAILURE, EXIT_USAGE } from './exitCodes.ts';
import { commandHelp, programHelp } from './help.ts';

async function run(args: readonly string[]): Promise<number> {
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
export function failed(error: unknown): number {
  if (isUsageError(error)) {
    process.stderr.write(`hmm-lab: ${error.message.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`);
    return EXIT_USAGE;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`hmm-lab: the lab itself failed, please report this:\n${detail}\n`);
  return EXIT_FAILURE;
}

/** Runs the command that the arguments name. What fails is reported; no promise of it rejects. @returns the exit code. */
export const program = (args: readonly string[]): Promise<number> => run(args).catch(failed);
