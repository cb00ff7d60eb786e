/** `hmm-lab simulate`: a program under virtual time. */
import { presets } from '../engines/cell/costs.ts';
import { simulateBounds, simulate as simulated, simulateUsual } from '../library/simulate.ts';
import { isProgram } from '../programs/program.ts';
import { startLine } from '../report/live.ts';
import { simulateLine, simulateText } from '../report/simulateText.ts';
import { costFlag, costSettings } from './costFlag.ts';
import { driverFlag } from './driverFlag.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { exitCodeOf, printReport } from './printReport.ts';
import { givenFlag, onlyProgram } from './programArgument.ts';
import { claimStdout } from './stdout.ts';
import { UsageError } from './usage.ts';

const flags = [
  givenFlag,
  driverFlag,
  kernelFlag,
  { name: 'rounds', ...simulateBounds.rounds, default: simulateUsual.rounds, help: 'how often the program runs' },
  { name: 'cpus', ...simulateBounds.cpus, default: simulateUsual.cpus, help: 'processors of the machine' },
  {
    name: 'preset',
    kind: 'text',
    value: 'NAME',
    default: simulateUsual.preset,
    help: `costs to begin with: ${Object.keys(presets).join(', ')} (docs/simulate.md)`,
  },
  costFlag,
  { name: 'seed', ...simulateBounds.seed, default: simulateUsual.seed, help: 'seed of all random choices' },
  jsonFlag,
] as const;

const LINE_MS = 5000;

export const simulate: Command = {
  name: 'simulate',
  argument: 'FILE.hmm | COLUMN...',
  description:
    'Runs a program (docs/programs.md) under virtual time (docs/simulate.md): its columns are threads of a machine with so many processors, ' +
    'each step has a cost, and the columns begin a little apart in each round. Prints how long each operation takes, and what it answers. The same seed gives ' +
    'the same result. Exit code 1 when a rule broke. Ctrl-C stops it and prints what there is.',
  flags,
  examples: [
    'hmm-lab simulate "A: cw 0 1 8" "B: madvise 0 1 dontneed" --given "open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1"',
    'hmm-lab simulate ./race.hmm --preset coherent --cpus 2',
    'hmm-lab simulate ./race.hmm --cost copyPage=1000 --json',
  ],
  async run(args) {
    const { values, given } = parseArguments('simulate', flags, args, { what: 'one program', most: 1, isPart: isProgram });
    const { json, cost, given: before, ...request } = values;
    const program = onlyProgram('simulate', given, before);
    if (program === undefined) throw new UsageError("hmm-lab simulate needs a program, such as 'A: cw 0 1 8' 'B: munmap 0 1'");
    const print = json ? claimStdout() : undefined;
    const live = startLine(process.stderr, simulateLine, LINE_MS);
    const run = (signal: AbortSignal) =>
      simulated({ ...request, program, costs: costSettings(cost) }, { onProgress: live.update, signal });
    const report = await interruptible(run).finally(live.stop);
    printReport(report, simulateText, json, print);
    return exitCodeOf(report);
  },
};
