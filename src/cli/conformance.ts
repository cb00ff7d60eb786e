/** `hmm-lab conformance`: recordings of a real kernel replayed on the model. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, readRecording } from '../engines/conformance/recording.ts';
import type { Difference, replay as Replay } from '../engines/conformance/replay.ts';
import { packageRoot, version } from '../package/version.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';

const flags = [jsonFlag] as const;

/** Where the recordings that come with the lab are. */
const SELECTION = fileURLToPath(new URL('test/recordings/', packageRoot));

const selection = (): string[] =>
  readdirSync(SELECTION)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .map((name) => join(SELECTION, name));

/** Never silent for longer. */
const PROGRESS_MS = 1500;

/** Two numbers that should be equal. */
interface Agreement {
  total: number;
  agree: number;
}

interface FileResult {
  readonly file: string;
  readonly scripts: Agreement;
  readonly ops: Agreement;
  readonly differences: readonly Difference[];
}

function replayFile(file: string, replay: typeof Replay): FileResult {
  const recorded = readRecording(file);
  const scripts = { total: recorded.length, agree: 0 };
  const ops = { total: 0, agree: 0 };
  const differences: Difference[] = [];
  let reported = performance.now();
  for (const [done, script] of recorded.entries()) {
    const found = replay(script);
    const count = script.operations.length;
    ops.total += count;
    ops.agree += count - new Set(found.map(({ index }) => Math.min(index, count - 1))).size;
    if (found.length === 0) scripts.agree++;
    differences.push(...found);
    if (performance.now() - reported < PROGRESS_MS) continue;
    reported = performance.now();
    process.stderr.write(`${basename(file)}: ${done + 1} of ${scripts.total} scripts\n`);
  }
  return { file, scripts, ops, differences };
}

const fields = (answer: Answer): string =>
  Object.entries(answer)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', ') || 'nothing';

function differenceText({ script, index, operation, expected, got }: Difference): string {
  return `${script}, operation ${index}: ${operation}\n  expected ${fields(expected)}\n  got      ${fields(got)}\n`;
}

const line = (name: string, scripts: Agreement, ops: Agreement): string =>
  `${name}: ${scripts.agree} of ${scripts.total} scripts and ${ops.agree} of ${ops.total} operations agree\n`;

const add = (agreements: readonly Agreement[]): Agreement =>
  agreements.reduce(({ total, agree }, one) => ({ total: total + one.total, agree: agree + one.agree }), { total: 0, agree: 0 });

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
    const recordings = { what: 'files with recordings', most: Number.POSITIVE_INFINITY };
    const { values, given: files } = parseArguments('conformance', flags, args, recordings);
    const { json } = values;
    // Loaded only now: the other commands need no files, huge pages and pins.
    const { replay } = await import('../engines/conformance/replay.ts');
    const results = (files.length === 0 ? selection() : files).map((file) => replayFile(file, replay));
    const differences = results.flatMap((result) => result.differences);
    const prose = json ? process.stderr : process.stdout;
    for (const difference of differences) prose.write(differenceText(difference));
    const scripts = add(results.map((result) => result.scripts));
    const ops = add(results.map((result) => result.ops));
    for (const result of results) prose.write(line(basename(result.file), result.scripts, result.ops));
    if (results.length > 1) prose.write(line('together', scripts, ops));
    if (json) {
      const perFile = results.map((result) => ({ file: basename(result.file), scripts: result.scripts, ops: result.ops }));
      const verdict = differences.length === 0 ? 'agrees' : 'differs';
      process.stdout.write(
        `${JSON.stringify({ schema: 'hmm-lab/conformance/1', version, verdict, scripts, ops, files: perFile, differences })}\n`,
      );
    }
    return differences.length === 0 ? 0 : 1;
  },
};
