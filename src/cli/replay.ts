/** `hmm-lab replay`: the schedule of a token once more. */
import { replay as replayed } from '../library/replay.ts';
import { chromeFlag, reportExploration } from './exploreOutput.ts';
import { bugFlag, type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { outFile } from './outFile.ts';
import { UsageError } from './usage.ts';

const replayFlags = [
  { ...bugFlag, help: 'where the bug of the token is now, if it is one of your own and its module has been moved' },
  chromeFlag,
  jsonFlag,
] as const;

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
    const { json, chrome: file, bug } = values;
    const chrome = file === undefined ? undefined : outFile(file, 'chrome');
    return reportExploration(await interruptible((signal) => replayed({ token: given, bug }, { signal })), json, chrome);
  },
};
