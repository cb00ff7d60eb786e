/** `hmm-lab kernel check`: what a real kernel has of all that the lab can use. */
import { EXIT_INTERRUPTED } from './exitCodes.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { orLost } from './kernelLoss.ts';
import { placeFlags, placeOf } from './kernelPlace.ts';
import { UsageError } from './usage.ts';

const flags = [...placeFlags, jsonFlag] as const;

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
    const check = async (signal: AbortSignal): Promise<number> => {
      const [{ factsOf, findings }, { withKernel }] = await Promise.all([
        import('../kernel/check.ts'),
        import('../kernel/record.ts'),
      ]);
      const facts = await withKernel(place, signal, factsOf);
      if (facts === null) return EXIT_INTERRUPTED;
      const found = findings(facts);
      const prose = values.json ? process.stderr : process.stdout;
      prose.write(`Linux ${facts.release} on ${facts.machine}\n`);
      for (const { has, sentence } of found) prose.write(`${has ? 'has    ' : 'lacks  '}${sentence}\n`);
      if (values.json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/kernel-check/1', facts, findings: found })}\n`);
      return 0;
    };
    return orLost(() => interruptible(check), remove);
  },
};
