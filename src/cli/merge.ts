/** `hmm-lab merge`: joins the parts of a job that ran with `--shard`. */
import { statSync } from 'node:fs';
import { merge as mergedSweep } from '../library/merge.ts';
import { type MergedReport, mergeReports } from '../library/mergeReports.ts';
import { huntPage } from '../report/huntText.ts';
import { matrixHtml } from '../report/matrixHtml.ts';
import { provePage } from '../report/proveText.ts';
import { printConformance } from './conformance.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { printFuzz } from './fuzz.ts';
import { printHunt } from './hunt.ts';
import { printMatrix } from './matrix.ts';
import { reportSweep } from './measureReport.ts';
import { outFile } from './outFile.ts';
import { printProof } from './prove.ts';
import { UsageError } from './usage.ts';

const OUT = 'measure-merged';

const mergeFlags = [
  { name: 'out', kind: 'text', value: 'DIR', defaultText: OUT, help: 'directory of the joint results of a sweep' },
  { name: 'markdown', kind: 'text', value: 'FILE', help: 'also write the table of a proof or a hunt as a page' },
  { name: 'html', kind: 'text', value: 'FILE', help: 'also write a race matrix as a picture, a page for a browser' },
  jsonFlag,
] as const;

interface Pages {
  readonly markdown?: string | undefined;
  readonly html?: string | undefined;
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Prints a report as its command does. Returns the exit code. */
export function printReport(report: MergedReport, json: boolean): number {
  if (report.schema === 'hmm-lab/prove/1') return printProof(report, json);
  if (report.schema === 'hmm-lab/hunt/1') return printHunt(report, json);
  if (report.schema === 'hmm-lab/matrix/1') return printMatrix(report, json);
  if (report.schema === 'hmm-lab/fuzz/1') return printFuzz(report, json);
  if (report.schema === 'hmm-lab/measure/1') return reportSweep(report, undefined, json);
  return printConformance(report, json);
}

/** The page that `flag` asks for. @throws UsageError for a report that has none of that kind. */
function pageOf(report: MergedReport, flag: 'markdown' | 'html', command: string): string {
  const { schema } = report;
  if (flag === 'markdown' && schema === 'hmm-lab/prove/1') return provePage(report, command);
  if (flag === 'markdown' && schema === 'hmm-lab/hunt/1') return huntPage(report, command);
  if (flag === 'html' && schema === 'hmm-lab/matrix/1') return matrixHtml(report);
  throw new UsageError(
    `--${flag} does not go with this report, allowed are --markdown for a proof or a hunt, --html for a matrix`,
  );
}

/** Joins reports, prints the whole, and writes the pages that are asked for. */
async function joined(parts: readonly string[], files: Pages, json: boolean, command: string): Promise<number> {
  const pages = (['markdown', 'html'] as const).flatMap((flag) => {
    const file = files[flag];
    return file === undefined ? [] : [{ flag, store: outFile(file, flag) }];
  });
  const report = await mergeReports({ parts });
  const written = pages.map(({ flag, store }) => ({ store, text: pageOf(report, flag, command) }));
  const code = printReport(report, json);
  for (const { store, text } of written) store(text);
  return code;
}

export const merge: Command = {
  name: 'merge',
  argument: 'PART...',
  description:
    'Takes all parts of one job that ran with --shard, and makes the result that it would have had in one piece: the directories of a ' +
    'sweep (measure), or files NAME.json with what --json has printed (prove, matrix, hunt, fuzz, measure, conformance). Parts of different jobs, and jobs ' +
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
    const { out, markdown, html, json } = values;
    if (parts.every((part) => part.endsWith('.json') && !isDirectory(part))) {
      if (out !== undefined)
        throw new UsageError('--out is for the directories of a sweep, a report goes to the standard output');
      return joined(parts, { markdown, html }, json, ['npx hmm-lab merge', ...args].join(' '));
    }
    if (markdown !== undefined || html !== undefined)
      throw new UsageError('--markdown and --html are for reports, a sweep has a page in its directory');
    const directory = out ?? OUT;
    return reportSweep(await mergedSweep({ parts, out: directory }), directory, json);
  },
};
