/** `hmm-lab record`: what a real kernel answers, as a recording. */
import type { Recorded } from '../kernel/record.ts';
import type { Answered } from '../kernel/scripts.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { orLost, tellLoss } from './kernelLoss.ts';
import { placeFlags, placeOf } from './kernelPlace.ts';
import { nowAndThen } from './nowAndThen.ts';
import { outFile } from './outFile.ts';
import { UsageError } from './usage.ts';

const flags = [
  { name: 'out', kind: 'text', value: 'FILE', help: 'the recording: JSON lines', example: 'recording.jsonl' },
  { name: 'random', kind: 'whole', min: 1, max: 1000000, help: 'so many scripts at random, besides or instead' },
  { name: 'seed', kind: 'whole', min: 0, max: 2 ** 32 - 1, default: 1, help: 'which ones' },
  ...placeFlags,
  jsonFlag,
] as const;

/** Never silent for longer. */
const PROGRESS_MS = 1500;

function progress(total: number): (done: Answered, number: number) => void {
  const tell = nowAndThen(PROGRESS_MS, (number: number) => `${number} of ${total} scripts`);
  return ({ id, crash, operations, answers }, number) => {
    if (crash !== undefined)
      tellLoss({ message: `${crash.why} (${id}: ${operations[answers.length]?.text})`, lastLines: crash.lastLines });
    tell(number);
  };
}

function summary({ facts, scripts, interrupted }: Recorded, file: string): string {
  const operations = scripts.reduce((sum, { answers }) => sum + answers.length, 0);
  const lost = scripts.filter(({ crash }) => crash !== undefined).length;
  const crashed = lost === 0 ? '' : `; ${lost} of them lost the kernel`;
  const stopped = interrupted ? 'Stopped. ' : '';
  return `${stopped}${scripts.length} scripts with ${operations} operations of Linux ${facts.release} are in ${file}${crashed}.\n`;
}

export const record: Command = {
  name: 'record',
  argument: '[PROGRAM|FILE.hmm|FILE.jsonl...]',
  description:
    'Records what a real kernel answers to programs of one column, one operation after another, in the format that hmm-lab conformance reads. ' +
    'A recording may be given, too: its scripts are recorded again. Where an operation crashes the kernel, the rest goes on in a fresh one; ' +
    'the exit code is 1 then. docs/kernel.md says where a kernel and the driver come from.',
  flags,
  examples: [
    "hmm-lab record 'A: open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1 | pm 0 1' --out one.jsonl --vm --kernel-image vmlinuz --module test_hmm.ko",
    'hmm-lab record --random 100 --seed 7 --out random.jsonl --host --yes',
  ],
  async run(args) {
    const programs = { what: 'programs and recordings', most: Number.POSITIVE_INFINITY };
    const { values, given } = parseArguments('record', flags, args, programs);
    const { out, random = 0, seed, json } = values;
    if (out === undefined) throw new UsageError('hmm-lab record needs --out FILE');
    if (given.length === 0 && random === 0) throw new UsageError('hmm-lab record needs a program, a recording, or --random');
    const { askedScripts } = await import('../kernel/askedScripts.ts');
    const { randomScript } = await import('../kernel/randomScript.ts');
    const { driverMark, record: recorded, recordingText } = await import('../kernel/record.ts');
    const scripts = [...askedScripts(given), ...Array.from({ length: random }, (_, number) => randomScript(seed, number))];
    const write = outFile(out);
    const { place, remove } = placeOf(values);
    const tell = async (result: Recorded | null): Promise<number> => {
      if (result === null) return EXIT_INTERRUPTED;
      write(recordingText(result, driverMark(values.module, result.facts)));
      const prose = json ? process.stderr : process.stdout;
      prose.write(summary(result, out));
      const lost = result.scripts.filter(({ crash }) => crash !== undefined).map(({ id }) => id);
      const numbers = { scripts: result.scripts.length, lost, interrupted: result.interrupted, facts: result.facts };
      if (json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/record/1', ...numbers })}\n`);
      return lost.length > 0 ? EXIT_VIOLATION : result.interrupted ? EXIT_INTERRUPTED : 0;
    };
    const run = (signal: AbortSignal) => recorded(place, scripts, { signal, onScript: progress(scripts.length) });
    return orLost(async () => tell(await interruptible(run)), remove);
  },
};
