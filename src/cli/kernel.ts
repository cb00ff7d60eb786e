/** `hmm-lab kernel check`: what a real kernel has of all that the lab can use. */
import { factsOf, findings } from '../kernel/check.ts';
import { withKernel } from '../kernel/record.ts';
import { AgentLost } from '../kernel/session.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { placeFlags, placeOf } from './kernelPlace.ts';
import { UsageError } from './usage.ts';

const flags = [...placeFlags, jsonFlag] as const;

/** Writes why an agent did not come, or went, with the last that its kernel said. */
export function tellLoss({ message, lastLines }: Pick<AgentLost, 'message' | 'lastLines'>): void {
  process.stderr.write(`The kernel is lost: ${message}.\n${lastLines.map((line) => `  ${line}\n`).join('')}`);
}

export const kernel: Command = {
  name: 'kernel',
  argument: 'check',
  description:
    'Says in sentences what a real kernel has of all that the lab can use, and what is missing: the test driver and its nodes, huge pages, ' +
    'CPUs, BPF and BTF, probes, the preemption model. docs/kernel.md says where a kernel and the driver come from.',
  flags,
  examples: ['hmm-lab kernel check --vm --kernel-image vmlinuz --module test_hmm.ko', 'hmm-lab kernel check --host --yes'],
  async run(args) {
    const { values, given } = parseArguments('kernel', flags, args, { what: "the word 'check'", most: 1 });
    if (given[0] !== 'check') throw new UsageError("hmm-lab kernel takes the word 'check'");
    const { place, remove } = placeOf(values);
    try {
      return await interruptible(async (signal) => {
        const facts = await withKernel(place, signal, factsOf);
        if (facts === null) return EXIT_INTERRUPTED;
        const found = findings(facts);
        const prose = values.json ? process.stderr : process.stdout;
        prose.write(`Linux ${facts.release} on ${facts.machine}\n`);
        for (const { has, sentence } of found) prose.write(`${has ? 'has    ' : 'lacks  '}${sentence}\n`);
        if (values.json)
          process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/kernel-check/1', facts, findings: found })}\n`);
        return 0;
      });
    } catch (error) {
      if (!(error instanceof AgentLost)) throw error;
      tellLoss(error);
      return EXIT_VIOLATION;
    } finally {
      remove();
    }
  },
};
