/** `hmm-lab merge`: joins the parts of a sweep that ran with `--shard`. */
import { merge as merged } from '../library/merge.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { reportSweep } from './measureReport.ts';
import { UsageError } from './usage.ts';

const mergeFlags = [
  { name: 'out', kind: 'text', value: 'DIR', default: 'measure-merged', help: 'directory of the joint results' },
  jsonFlag,
] as const;

export const merge: Command = {
  name: 'merge',
  argument: 'DIR...',
  description:
    'Takes the directories of all parts of one sweep and writes the results that the sweep would have had in one piece. Parts of ' +
    'different sweeps, and parts with cells missing, are refused.',
  flags: mergeFlags,
  examples: ['hmm-lab merge part1 part2 part3 part4 --out whole'],
  async run(args) {
    const parts = { what: 'the directories of the parts', most: Number.POSITIVE_INFINITY };
    const { values, given: directories } = parseArguments('merge', mergeFlags, args, parts);
    if (directories.length === 0) throw new UsageError('hmm-lab merge needs the directories of the parts');
    const { out, json } = values;
    return reportSweep(await merged({ parts: directories, out }), out, json);
  },
};
