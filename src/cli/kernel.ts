/** `hmm-lab kernel check`: what a real kernel has of all that the lab can use; `hmm-lab kernel fetch`: one of Debian's, and the driver for it. */
import { EXIT_INTERRUPTED } from './exitCodes.ts';
import { type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { orLost } from './kernelLoss.ts';
import { placeFlags, placeOf } from './kernelPlace.ts';
import { UsageError } from './usage.ts';

const flags = [...placeFlags, jsonFlag] as const;

const WORDS = "the word 'check', or 'fetch FOLDER'";

export const kernel: Command = {
  name: 'kernel',
  argument: 'check | fetch FOLDER',
  description:
    '"check" says in sentences what a real kernel has of all that the lab can use, and what is missing: the test driver and its nodes, huge pages, ' +
    'CPUs, BPF and BTF, probes, the preemption model. "fetch" takes a kernel of Debian\'s backports, builds the test driver for it with its own ' +
    'compiler, and puts both into the folder, which takes root, apt, and the network; nothing is installed. docs/kernel.md says more.',
  flags,
  examples: [
    'hmm-lab kernel fetch linux',
    'hmm-lab kernel check --vm --kernel-image linux/vmlinuz --module linux/test_hmm.ko',
    'hmm-lab kernel check --host --yes',
  ],
  async run(args) {
    const { values, given } = parseArguments('kernel', flags, args, { what: WORDS, most: 2 });
    const [word, folder] = given;
    if (word === 'fetch' && folder !== undefined) return (await import('../kernel/fetch.ts')).fetchKernel(folder);
    if (word !== 'check' || folder !== undefined) throw new UsageError(`hmm-lab kernel takes ${WORDS}`);
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
