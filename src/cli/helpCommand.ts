/** `hmm-lab help`. */
import type { Command, CommandEntry } from './flags.ts';
import { commandHelp, programHelp } from './help.ts';
import { quote, UsageError } from './usage.ts';

export const helpAbout = (commands: readonly CommandEntry[], named: (name: string) => CommandEntry): Command => ({
  name: 'help',
  description: 'Prints the help of a command, or of the program.',
  flags: [],
  examples: ['hmm-lab help stress'],
  async run(args) {
    const [name, extra] = args;
    if (extra !== undefined) throw new UsageError(`unexpected argument ${quote(extra)}, hmm-lab help takes one command`);
    process.stdout.write(name === undefined ? programHelp(commands) : commandHelp(await named(name).load()));
    return 0;
  },
});
