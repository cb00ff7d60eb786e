/** `hmm-lab matrix`: each operation by each, from every state of a page. */
import { type MatrixReport, type MatrixRequest, matrixBounds, matrixUsual, matrix as tried } from '../library/matrix.ts';
import { matrixHtml } from '../report/matrixHtml.ts';
import { startMatrixLive } from '../report/matrixLive.ts';
import { matrixText } from '../report/matrixText.ts';
import { driverFlag } from './driverFlag.ts';
import { bugFlag, type Command, jsonFlag, parseFlags } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { outFile } from './outFile.ts';
import { exitCodeOf, printReport } from './printReport.ts';
import { shardFlag, shardOf } from './shardFlag.ts';

const flags = [
  driverFlag,
  kernelFlag,
  bugFlag,
  {
    name: 'state',
    kind: 'list',
    value: 'NAME',
    help: 'a state of the page to begin with; all of them without',
    example: 'device',
  },
  { name: 'operation', kind: 'list', value: 'NAME', help: 'only cells with this operation', example: 'munmap' },
  { name: 'three', kind: 'switch', help: 'three actors in place of two' },
  { name: 'limit', ...matrixBounds.limit, default: matrixUsual.limit, help: 'most states of each search of a cell' },
  { name: 'seconds', ...matrixBounds.seconds, default: matrixUsual.seconds, unit: 's', help: 'longest time at each cell' },
  { name: 'workers', ...matrixBounds.workers, default: matrixUsual.workers, help: 'threads, each at a cell of its own' },
  {
    name: 'out',
    kind: 'text',
    value: 'FILE',
    help: 'add each cell to this file when it is done, and go on from there if it exists',
  },
  shardFlag,
  {
    name: 'changed',
    kind: 'switch',
    help: 'with --out: if the code of the model or the driver has changed since, do the cells again and say which come to something else',
  },
  { name: 'html', kind: 'text', value: 'FILE', help: 'also write it as a picture, a page for a browser', example: 'matrix.html' },
  jsonFlag,
] as const;

const some = (names: readonly string[]): readonly string[] | undefined => (names.length === 0 ? undefined : names);

/** Prints what a matrix has come to. Returns the exit code. */
export function printMatrix(report: MatrixReport, json: boolean): number {
  printReport(report, matrixText, json);
  return exitCodeOf(report);
}

/** What is asked for, as the library takes it. */
export function matrixRequest(args: readonly string[]): MatrixRequest {
  const { state, operation, three, shard, json: _, html: __, ...values } = parseFlags('matrix', flags, args);
  return { ...values, states: some(state), operations: some(operation), actors: three ? 3 : 2, shard: shardOf(shard) };
}

export const matrix: Command = {
  name: 'matrix',
  description:
    'The race matrix: each operation by each (CPU, kernel and device), from every state of a page (untouched, shared, on the device, ' +
    'swapped, huge, ...), each cell a program of two actors that is proved, or shown to break a rule, or covered within a bound. ' +
    'Nobody has to say what should come out (docs/programs.md). Exit code 1 when a rule broke. Ctrl-C stops it and prints what there is.',
  flags,
  examples: [
    'hmm-lab matrix --workers 2 --out matrix.jsonl --html matrix.html',
    'hmm-lab matrix --state device --operation munmap',
    'hmm-lab matrix --driver ./my-driver.mjs --json',
    'hmm-lab matrix --bug R05 --state written',
  ],
  async run(args) {
    const { json, html } = parseFlags('matrix', flags, args);
    const store = html === undefined ? undefined : outFile(html, 'html');
    const request = matrixRequest(args);
    const live = startMatrixLive(process.stderr);
    const run = (signal: AbortSignal) => tried(request, { onProgress: live.update, onCell: live.cell, signal });
    const report = await interruptible(run).finally(live.stop);
    const code = printMatrix(report, json);
    store?.(matrixHtml(report));
    return code;
  },
};
