/** `hmm-lab merge`: joins the parts of a sweep that ran with `--shard`. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mergeSweeps } from '../engines/measure/merge.ts';
import { measureResult } from '../engines/measure/result.ts';
import { measureText } from '../report/measureText.ts';
import { styleFor } from '../report/style.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { measureExit } from './measure.ts';
import { asWritable, writeResults } from './measureOutput.ts';
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
    const { file, rows } = mergeSweeps(directories);
    const { request, drivers, varied, command, cells } = file;
    const result = measureResult({ request, drivers, varied, rows, total: cells, here: cells, command });
    asWritable(out, () => existsSync(out) || mkdirSync(out));
    writeResults(out, result, rows);
    const prose = json ? process.stderr : process.stdout;
    prose.write(`${measureText(result, styleFor(prose))}report ${join(out, 'report.html')}\n`);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return measureExit[result.verdict];
  },
};
