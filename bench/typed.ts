/** How soon a program that is typed has its verdict: whole commands, from their start to their end, as ratios to a Node that does nothing. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pace, paceTable, ROUNDS } from './pace.ts';

const main = fileURLToPath(new URL('../../erased/src/cli/main.js', import.meta.url));

function started(args: readonly string[], says: RegExp): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0 || !says.test(stdout)) throw new Error(`node ${args.join(' ')} has ended with ${status}: ${stdout}${stderr}`);
}

const explored = (...program: readonly string[]): (() => number) => {
  return () => pace(1, () => started([main, 'explore', ...program], /^PROVED/m));
};

const anonymous = 'mmap 0 1 rw anon | cw 0 1 7';

const probes = {
  N: () => pace(1, () => started(['-e', '0'], /^$/)),
  'two CPUs at a written page': explored('A: cw 0 1 8', 'B: munmap 0 1', '--given', anonymous),
  'a device and a CPU at a written page': explored('A: dread 0 0 1', 'B: mprotect 0 1 r', '--given', `open 0 0 | ${anonymous}`),
  'two CPUs at a page of the device': explored(
    'A: cw 0 1 8',
    'B: madvise 0 1 dontneed',
    '--given',
    `open 0 0 | ${anonymous} | dmig 0 0 1`,
  ),
};
const table = paceTable(probes, {
  'two CPUs at a written page': ['N', 1 / 10],
  'a device and a CPU at a written page': ['N', 1 / 10],
  'two CPUs at a page of the device': ['N', 1 / 15],
});
process.stdout.write(
  `${table}\n\nN: node -e 0. Whole commands a second. Middle of ${ROUNDS} rounds, ratios taken round by round; spread is the distance of the\n` +
    `outermost round. Node ${process.versions.node}.\n`,
);
