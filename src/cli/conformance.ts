/** `hmm-lab conformance`: recordings of a real kernel replayed on the model. */
import type { Difference } from '../engines/conformance/replay.ts';
import {
  type Agreement,
  type ConformanceProgress,
  type ConformanceReport,
  type ConformanceRequest,
  conformance as conforms,
} from '../library/conformance.ts';
import type { Answer } from '../programs/answer.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { nowAndThen } from './nowAndThen.ts';
import { shardFlag, shardOf } from './shardFlag.ts';

const flags = [{ ...kernelFlag, defaultText: 'the one that each recording is of' }, shardFlag, jsonFlag] as const;

/** Never silent for longer. */
const PROGRESS_MS = 1500;

const exitCodes: Readonly<Record<ConformanceReport['verdict'], number>> = {
  agrees: 0,
  differs: EXIT_VIOLATION,
  interrupted: EXIT_INTERRUPTED,
};

/** Writes a line about the file under way. */
const lines = () =>
  nowAndThen(PROGRESS_MS, ({ file, done, total }: ConformanceProgress) => `${file}: ${done} of ${total} scripts`);

const fields = (answer: Answer): string =>
  Object.entries(answer)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', ') || 'nothing';

function differenceText({ script, index, operation, expected, got }: Difference): string {
  return `${script}, operation ${index}: ${operation}\n  expected ${fields(expected)}\n  got      ${fields(got)}\n`;
}

const line = (name: string, scripts: Agreement, ops: Agreement): string =>
  `${name}: ${scripts.agree} of ${scripts.total} scripts and ${ops.agree} of ${ops.total} operations agree\n`;

/** Prints where the model and the recordings part. Returns the exit code. */
export function printConformance(result: ConformanceReport, json: boolean): number {
  const prose = json ? process.stderr : process.stdout;
  for (const difference of result.differences) prose.write(differenceText(difference));
  if (result.interrupted) prose.write('Stopped.\n');
  for (const { file, scripts, ops } of result.files) prose.write(line(file, scripts, ops));
  if (result.files.length > 1) prose.write(line('together', result.scripts, result.ops));
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return exitCodes[result.verdict];
}

const recordings = { what: 'files with recordings', most: Number.POSITIVE_INFINITY };

/** What is asked for, as the library takes it. */
export function conformanceRequest(args: readonly string[]): ConformanceRequest {
  const { values, given } = parseArguments('conformance', flags, args, recordings);
  return { files: given.length === 0 ? undefined : given, kernel: values.kernel, shard: shardOf(values.shard) };
}

export const conformance: Command = {
  name: 'conformance',
  argument: '[FILE...]',
  description:
    'Replays recorded scripts (files of JSON lines, plain or gzip) on the model, compares every field of every answer with what ' +
    'a real Linux said, and runs the count and leak oracles after each script. Without a file it replays the selection that ' +
    'comes with the lab. The exit code is 1 when something disagrees. docs/conformance.md says what is covered.',
  flags,
  examples: ['hmm-lab conformance', 'hmm-lab conformance my-recording.jsonl.gz', 'hmm-lab conformance --json'],
  async run(args) {
    const { json } = parseArguments('conformance', flags, args, recordings).values;
    const request = conformanceRequest(args);
    const result = await interruptible((signal) => conforms(request, { onProgress: lines(), signal }));
    return printConformance(result, json);
  },
};
