/** `hmm-lab merge`: joins the parts of a sweep that ran with `--shard`. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mergeSweeps } from '../engines/measure/merge.ts';
import { measureResult } from '../engines/measure/result.ts';
import { measureText } from '../report/measureText.ts';
import { styleFor } from '../report/style.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';
import { measureExit } from './measure.ts';
import { asWritable, writeResults } from './measureOutput.ts';
import { UsageError } from './usage.ts';

const mergeFlags = [
  { name: 'out', kind: 'text', value: 'DIR', default: 'measure-merged', help: 'directory of the joint results' },
  jsonFlag,
] as const;

export const merge: Command = {
  name: 'merge',
  description:
    'Takes the directories of all parts of one sweep and writes the results that the sweep would have had in one piece. Parts of ' +
    'different sweeps, and parts with cells missing, are refused.',
  flags: mergeFlags,
  examples: ['hmm-lab merge part1 part2 part3 part4 --out whole'],
  async run(args) {
    const first = args.findIndex((arg) => arg.startsWith('-'));
    const directories = first === -1 ? args : args.slice(0, first);
    if (directories.length === 0) throw new UsageError('hmm-lab merge needs the directories of the parts as its first arguments');
    const { out, json } = parseFlags('merge', mergeFlags, first === -1 ? [] : args.slice(first));
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
