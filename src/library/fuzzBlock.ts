/** One block of a fuzzing: its programs are drawn by what those before them, in this block, have come to. */
import type { Meetings } from '../engines/explore/machine/meetings.ts';
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { FuzzCounts, FuzzFind } from '../engines/matrix/fuzzResult.ts';
import { parseProgram, programName } from '../programs/program.ts';
import type { Guide } from '../programs/random/guide.ts';
import { type ManyLimits, type ManySubject, provePrograms } from './provePrograms.ts';
import { isStopped, shrunk } from './smallestProgram.ts';
import type { DriverRequest } from './subject.ts';

/** Numbers of programs, `count` of them from `first` on. */
export interface Block {
  readonly first: number;
  readonly count: number;
}

/** So many blocks of so many programs, as even as can be. */
export const blocksOf = (from: number, programs: number, blocks: number): Block[] =>
  Array.from({ length: blocks }, (_, i) => {
    const [begin, end] = [Math.floor((i * programs) / blocks), Math.floor(((i + 1) * programs) / blocks)];
    return { first: from + begin, count: end - begin };
  });

export interface BlockOptions {
  readonly guide: Guide;
  readonly subject: ManySubject;
  /** The model and the driver, as the call has them. */
  readonly explored: DriverRequest;
  readonly limits: ManyLimits;
}

export interface BlockHooks {
  readonly signal: AbortSignal | undefined;
  readonly onFind: (find: FuzzFind) => void;
  /** What was done, with what of a batch that is under way. */
  readonly onProgress: (doing: string, counts: FuzzCounts) => void;
}

/** Programs that are handed to the threads at a time; what was met in them is known of those that are drawn next. */
const BATCH = 50;

interface Batch {
  /** Numbers by program. */
  readonly drawn: ReadonlyMap<string, number>;
  /** Of programs that were looked at, in the order of their numbers. */
  readonly rows: readonly (readonly [program: string, row: ProofRow])[];
  readonly counts: FuzzCounts;
}

async function runBatch(
  numbers: readonly number[],
  { guide, subject, limits }: BlockOptions,
  signal: AbortSignal | undefined,
  onProgress: (done: number, proved: number) => void,
): Promise<Batch> {
  const drawn = new Map(numbers.map((number) => [programName(guide.program(number)), number]));
  const met = new Map<string, Meetings[]>();
  const found = new Map<string, ProofRow>();
  const result = await provePrograms(subject, [...drawn.keys()], limits, {
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ done, proved }) => onProgress(done, proved),
    onRow: (program, row) => void found.set(program, row),
    onMet: (program, meetings) => void met.set(program, [...(met.get(program) ?? []), meetings]),
  });
  // In the order of their numbers, whichever was done first.
  for (const program of drawn.keys()) guide.learn(parseProgram(program), met.get(program) ?? []);
  const rows = [...drawn.keys()].flatMap((program) => {
    const row = found.get(program);
    return row === undefined ? [] : [[program, row] as const];
  });
  const misfits = result?.misfits.length ?? 0;
  const counts = { programs: rows.length + misfits, misfits, proved: result?.proved ?? 0, states: result?.states ?? 0 };
  return { drawn, rows, counts };
}

/** Runs a block to its end, or to the signal. What was found is told; the result says how much was done. */
export async function fuzzBlock(block: Block, options: BlockOptions, hooks: BlockHooks): Promise<FuzzCounts> {
  const { signal, onFind, onProgress } = hooks;
  const sum = { programs: 0, proved: 0, misfits: 0, states: 0 };
  const end = block.first + block.count;
  for (let first = block.first; first < end && !isStopped(signal); first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, end - first) }, (_, i) => first + i);
    const during = (done: number, proved: number): void =>
      onProgress('searching', { ...sum, programs: sum.programs + done, proved: sum.proved + proved });
    const { drawn, rows, counts } = await runBatch(numbers, options, signal, during);
    for (const name of ['programs', 'proved', 'misfits', 'states'] as const) sum[name] += counts[name];
    for (const [program, { failure }] of rows) {
      if (failure === null || isStopped(signal)) continue;
      onProgress('making a program smaller', sum);
      const small = await shrunk(program, failure.oracle, options.explored, signal);
      const { oracle, message, preemptions, token, program: scheduled } = small.failure ?? failure;
      const shown = { oracle, message, preemptions, token, program: scheduled };
      onFind({ number: drawn.get(program) ?? -1, program, smallest: small.smallest, failure: shown, times: 1 });
    }
  }
  return sum;
}
