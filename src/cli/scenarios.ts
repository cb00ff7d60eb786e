/** `hmm-lab scenarios`: what explore takes by name. */
import { scenarios as listed } from '../library/scenarios.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';

const scenarioFlags = [jsonFlag] as const;

export const scenarios: Command = {
  name: 'scenarios',
  description: 'Lists the scenarios, with the race windows of docs/windows.md that each can reach.',
  flags: scenarioFlags,
  examples: ['hmm-lab scenarios', 'hmm-lab scenarios --json'],
  async run(args) {
    const { json } = parseFlags('scenarios', scenarioFlags, args);
    const list = await listed();
    process.stdout.write(
      json
        ? `${JSON.stringify(list)}\n`
        : list.scenarios.map(({ name, title, windows }) => `${name}\n  ${title}; windows ${windows.join(' ')}\n`).join(''),
    );
    return 0;
  },
};
