/** `conformance()`: recordings of a real kernel, replayed on the model. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Difference } from '../engines/conformance/replay.ts';
import { byName, checkOptions, givenOptions } from '../input/options.ts';
import { checkShard, type Part, type Shard } from '../input/shard.ts';
import { behaviourOf, type Kernel, kernelNamed } from '../kernels/kernels.ts';
import { packageRoot } from '../package/version.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';

export interface ConformanceRequest {
  /** Files of JSON lines, plain or gzip. Default: the selection that comes with the lab. */
  readonly files?: readonly string[] | undefined;
  /** `6.1` or `7.3`: the kernel that the model is. Default: the one each script was recorded on. */
  readonly kernel?: string | undefined;
  /** Only part i of n of the scripts, from 1: `[1, 4]`. {@link mergeReports} joins the parts. */
  readonly shard?: Shard | undefined;
}

/** Where the model and a script part. */
export interface ScriptDifference extends Difference {
  /** Number of the script over all files, from 0. */
  readonly place: number;
}

/** Numbers that should be equal. */
export interface Agreement {
  readonly total: number;
  readonly agree: number;
}

/** `--json` of `hmm-lab conformance`. */
export type ConformanceReport = Result<
  'hmm-lab/conformance/1',
  {
    readonly verdict: 'agrees' | 'differs' | 'interrupted';
    readonly scripts: Agreement;
    readonly ops: Agreement;
    /** By name, without folders. */
    readonly files: readonly { readonly file: string; readonly scripts: Agreement; readonly ops: Agreement }[];
    readonly differences: readonly ScriptDifference[];
    readonly interrupted: boolean;
    /** Which part of the scripts it is; null for all. */
    readonly part: Pick<Part, 'shard'> | null;
  }
>;

export interface ConformanceProgress {
  readonly elapsedSeconds: number;
  /** The file under way, and its scripts. */
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

/** Where the recordings that come with the lab are. */
const SELECTION = fileURLToPath(new URL('recordings/', packageRoot));

const selection = (): string[] =>
  readdirSync(SELECTION)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .map((name) => join(SELECTION, name));

/** Time between two looks at the signal. */
const LOOK_MS = 50;

interface FileResult {
  readonly file: string;
  readonly scripts: Agreement;
  readonly ops: Agreement;
  readonly differences: readonly ScriptDifference[];
  /** Scripts in the file, whether or not they are of the part. */
  readonly length: number;
}

async function replayFile(
  path: string,
  tell: (done: number, total: number) => void,
  signal: AbortSignal,
  kernel: Kernel | null,
  { shard: [i, n], from }: { readonly shard: Shard; readonly from: number },
): Promise<FileResult> {
  // Loaded only now: other calls need no files, huge pages and pins.
  const [{ replayOn }, { readRecording }] = await Promise.all([
    import('../engines/conformance/replay.ts'),
    import('../engines/conformance/recording.ts'),
  ]);
  const recorded = readRecording(path);
  const scripts = { total: 0, agree: 0 };
  const ops = { total: 0, agree: 0 };
  const differences: ScriptDifference[] = [];
  let looked = performance.now();
  for (const [done, script] of recorded.entries()) {
    if (signal.aborted) break;
    const place = from + done;
    if (place % n !== i - 1) continue;
    const found = replayOn(script, behaviourOf(kernel ?? script.kernel));
    const count = script.operations.length;
    scripts.total++;
    ops.total += count;
    ops.agree += count - new Set(found.map(({ index }) => Math.min(index, count - 1))).size;
    if (found.length === 0) scripts.agree++;
    differences.push(...found.map((difference) => ({ ...difference, place })));
    if (performance.now() - looked < LOOK_MS) continue;
    tell(done + 1, recorded.length);
    // Timers and signals of the caller get their turn.
    await new Promise((resolve) => setImmediate(resolve));
    looked = performance.now();
  }
  return { file: basename(path), scripts, ops, differences, length: recorded.length };
}

const sum = (all: readonly Agreement[]): Agreement =>
  all.reduce(({ total, agree }, one) => ({ total: total + one.total, agree: agree + one.agree }), { total: 0, agree: 0 });

/**
 * Replays recorded scripts on the model, compares every field of every answer with what a real Linux said, and runs the count and leak
 * oracles after each script. It runs in this thread, and lets others have a turn some twenty times a second.
 *
 * The verdict is `agrees`, `differs`, or, stopped by the signal before something differed, `interrupted`.
 *
 * @throws UsageError, one sentence with the file and the line, for what is no recording.
 */
export async function conformance(
  request: ConformanceRequest = {},
  hooks: Hooks<ConformanceProgress> = {},
): Promise<ConformanceReport> {
  const given = givenOptions('a conformance run', request);
  const others = { files: 'list with at least one string', kernel: 'string', shard: 'list' };
  checkOptions('a conformance run', given, { numbers: {}, others });
  const { shard } = given;
  if (shard !== undefined) checkShard(shard, byName);
  const kernel = given.kernel === undefined ? null : kernelNamed(given.kernel, 'kernel');
  const { files: paths = selection() } = given;
  const began = performance.now();
  const results: FileResult[] = [];
  const interrupted = await underHooks(hooks, async ({ onProgress, signal }) => {
    for (const path of paths) {
      const file = basename(path);
      const tell = (done: number, total: number): void =>
        onProgress({ elapsedSeconds: (performance.now() - began) / 1000, file, done, total });
      const from = results.reduce((sum, { length }) => sum + length, 0);
      results.push(await replayFile(path, tell, signal, kernel, { shard: shard ?? [1, 1], from }));
    }
    return signal.aborted;
  });
  const files = results.map(({ file, scripts, ops }) => ({ file, scripts, ops }));
  const differences = results.flatMap((result) => result.differences);
  const part = shard === undefined ? null : { shard };
  return resultAs('hmm-lab/conformance/1', { ...together(files, differences, interrupted), interrupted, part });
}

/** What files with these numbers and differences come to. */
function together(
  files: ConformanceReport['files'],
  differences: ConformanceReport['differences'],
  interrupted: boolean,
): Pick<ConformanceReport, 'verdict' | 'scripts' | 'ops' | 'files' | 'differences'> {
  return {
    verdict: differences.length > 0 ? 'differs' : interrupted ? 'interrupted' : 'agrees',
    scripts: sum(files.map(({ scripts }) => scripts)),
    ops: sum(files.map(({ ops }) => ops)),
    files,
    differences,
  };
}

/** What the parts of the scripts have come to together. */
export function joinedConformance(reports: readonly ConformanceReport[]): ConformanceReport {
  const [first] = reports as [ConformanceReport];
  const files = first.files.map(({ file }, at) => {
    const same = reports.flatMap((report) => report.files[at] ?? []);
    return { file, scripts: sum(same.map(({ scripts }) => scripts)), ops: sum(same.map(({ ops }) => ops)) };
  });
  // A script has one place, and what it differs in is in order.
  const differences = reports.flatMap((report) => report.differences).sort((a, b) => a.place - b.place);
  const interrupted = reports.some((report) => report.interrupted);
  return { ...first, ...together(files, differences, interrupted), interrupted, part: null };
}
