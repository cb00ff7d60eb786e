/** `hmm-lab help`. */
import { type Command, type CommandEntry, parseArguments } from './flags.ts';
import { commandHelp, programHelp } from './help.ts';

export const helpAbout = (commands: readonly CommandEntry[], named: (name: string) => CommandEntry): Command => ({
  name: 'help',
  argument: '[COMMAND]',
  description: 'Prints the help of a command, or of the program.',
  flags: [],
  examples: ['hmm-lab help stress'],
  async run(args) {
    const [name] = parseArguments('help', [], args, { what: 'one command', most: 1 }).given;
    process.stdout.write(name === undefined ? programHelp(commands) : commandHelp(await named(name).load()));
    return 0;
  },
});
