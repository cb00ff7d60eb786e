/** `hmm-lab merge`: joins the parts of a job that ran with `--shard`. */
import { statSync } from 'node:fs';
import { merge as mergedSweep } from '../library/merge.ts';
import { type MergedReport, mergeReports } from '../library/mergeReports.ts';
import { huntPage } from '../report/huntText.ts';
import { provePage } from '../report/proveText.ts';
import { printConformance } from './conformance.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { printHunt } from './hunt.ts';
import { reportSweep } from './measureReport.ts';
import { outFile } from './outFile.ts';
import { printProof } from './prove.ts';
import { UsageError } from './usage.ts';

const OUT = 'measure-merged';

const mergeFlags = [
  { name: 'out', kind: 'text', value: 'DIR', defaultText: OUT, help: 'directory of the joint results of a sweep' },
  { name: 'markdown', kind: 'text', value: 'FILE', help: 'also write the table of a proof or a hunt as a page' },
  jsonFlag,
] as const;

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function print(report: MergedReport, json: boolean): number {
  if (report.schema === 'hmm-lab/prove/1') return printProof(report, json);
  if (report.schema === 'hmm-lab/hunt/1') return printHunt(report, json);
  return printConformance(report, json);
}

function pageOf(report: MergedReport, command: string): string {
  if (report.schema === 'hmm-lab/prove/1') return provePage(report, command);
  if (report.schema === 'hmm-lab/hunt/1') return huntPage(report, command);
  throw new UsageError('--markdown is for proofs and hunts, a conformance run has no page');
}

export const merge: Command = {
  name: 'merge',
  argument: 'PART...',
  description:
    'Takes all parts of one job that ran with --shard, and makes the result that it would have had in one piece: the directories of a ' +
    'sweep (measure), or files with what --json has printed (prove, hunt, conformance). Parts of different jobs, and jobs ' +
    'with parts missing, are refused.',
  flags: mergeFlags,
  examples: [
    'hmm-lab merge part1 part2 part3 part4 --out whole',
    'hmm-lab prove --shard 1/2 --json > part1.json',
    'hmm-lab merge part1.json part2.json --markdown proofs.md',
  ],
  async run(args) {
    const most = { what: 'the parts', most: Number.POSITIVE_INFINITY };
    const { values, given: parts } = parseArguments('merge', mergeFlags, args, most);
    if (parts.length === 0) throw new UsageError('hmm-lab merge needs the parts: directories of a sweep, or files');
    const { out, markdown, json } = values;
    if (parts.every((part) => part.endsWith('.json') && !isDirectory(part))) {
      if (out !== undefined)
        throw new UsageError('--out is for the directories of a sweep, a report goes to the standard output');
      const store = markdown === undefined ? undefined : outFile(markdown, 'markdown');
      const report = await mergeReports({ parts });
      const page = store === undefined ? '' : pageOf(report, ['npx hmm-lab merge', ...args].join(' '));
      const code = print(report, json);
      store?.(page);
      return code;
    }
    if (markdown !== undefined) throw new UsageError('--markdown is for proofs and hunts, a sweep has a page in its directory');
    const directory = out ?? OUT;
    return reportSweep(await mergedSweep({ parts, out: directory }), directory, json);
  },
};
