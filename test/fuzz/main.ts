/** `npm run fuzz`: programs at random, on which the explorer must agree with a naive one. */
import { type Flag, jsonFlag, parseFlags } from '../../src/cli/flags.ts';
import { UsageError } from '../../src/cli/usage.ts';
import { type Disagreement, type FuzzResult, fuzz, THOROUGH } from './fuzz.ts';
import { programText } from './print.ts';

const [EXIT_DISAGREEMENT, EXIT_USAGE, EXIT_INTERRUPTED] = [1, 2, 130];

const flags = [
  { name: 'programs', kind: 'whole', default: 2000, min: 1, max: 1_000_000_000, help: 'how many programs' },
  { name: 'seed', kind: 'whole', default: 1, min: 0, max: 2 ** 31 - 1, help: 'which ones' },
  { name: 'from', kind: 'whole', default: 0, min: 0, max: 1_000_000_000, help: 'number of the first' },
  { name: 'most', kind: 'whole', default: 1, min: 1, max: 1000, help: 'stop after so many disagreements' },
  { name: 'thorough', kind: 'whole', default: THOROUGH, min: 1, max: 1_000_000_000, help: 'compare one in so many in every way' },
  jsonFlag,
] as const satisfies readonly Flag[];

const counted = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

const progress = ({ programs, states, seconds, disagreements }: FuzzResult): string =>
  `${counted(programs, 'program')} (${Math.round(programs / seconds)}/s), ${counted(states, 'state')}, ${counted(disagreements.length, 'disagreement')}`;

function disagreementText(
  { seed, thorough }: { readonly seed: number; readonly thorough: number },
  { number, sentence, smaller, program }: Disagreement,
): string {
  return [
    `program ${number}: ${sentence}`,
    `made smaller: ${smaller}`,
    '',
    programText(program),
    '',
    `To see it again: npm run fuzz -- --seed ${seed} --thorough ${thorough} --from ${number} --programs 1`,
    '',
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const { json, ...options } = parseFlags('fuzz', flags, args);
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
  });
  const result = await fuzz(options, {
    signal: stop.signal,
    onProgress: (done) => process.stderr.write(`${progress(done)}\n`),
  });
  const prose = json ? process.stderr : process.stdout;
  for (const disagreement of result.disagreements) prose.write(`${disagreementText(options, disagreement)}\n`);
  const found = Object.entries(result.found).sort(([, a], [, b]) => b - a);
  prose.write(
    `${result.disagreements.length > 0 ? 'NO AGREEMENT' : result.interrupted ? 'INTERRUPTED' : 'AGREED'}: ${progress(result)}, ` +
      `${result.seconds.toFixed(1)} s; clean ${result.clean}, ${found.map(([name, n]) => `${name} ${n}`).join(', ')}\n`,
  );
  if (json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/fuzz/1', ...options, ...result })}\n`);
  if (result.disagreements.length > 0) return EXIT_DISAGREEMENT;
  return result.interrupted ? EXIT_INTERRUPTED : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`fuzz: ${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
