/** Programs at random: a set-up and two or three columns, of whatever the language has and the driver can do. */

import { type RandomStream, randomStream } from '../../workload/random.ts';
import type { Abilities } from '../matrix/abilities.ts';
import { type Program, parseProgram } from '../program.ts';
import { Draw } from './draw.ts';

/** Pages that a program is about; the first ones more often. */
const PAGES = 2;

/** Seeds between those of two candidates. */
const CANDIDATES = 0x10001;

interface Choice {
  readonly weight: number;
  readonly text: (draw: RangeDraw) => string;
  readonly needs?: keyof Abilities;
  /** Only where the set-up has one. */
  readonly of?: 'file' | 'second' | 'child';
  /** It is no part of a set-up: it would leave the columns nothing to do. */
  readonly late?: true;
}

/** Draws what a program is made of; each value that is written comes up once. */
class RangeDraw extends Draw {
  constructor(random: RandomStream) {
    super(random, 10, 1);
  }

  /** `0 1`, `1 1` or `0 2`. */
  get range(): string {
    return this.one(['0 1', '0 1', '0 1', '1 1', `0 ${PAGES}`]);
  }
}

const choice = (weight: number, text: Choice['text'], other: Omit<Choice, 'weight' | 'text'> = {}): Choice => ({
  weight,
  text,
  ...other,
});

const memory = { needs: 'memory' } as const;
const late = { late: true } as const;

const operations: readonly Choice[] = [
  choice(6, (d) => `cr ${d.range}`),
  choice(8, (d) => `cw ${d.one(['0', '0', '1'])} 1 ${d.value}`),
  choice(5, (d) => `munmap ${d.range}`, late),
  choice(5, (d) => `mprotect ${d.range} ${d.one(['r', 'rw', '-'])}`),
  choice(
    6,
    (d) => `madvise ${d.range} ${d.one(['dontneed', 'dontneed', 'free', 'pageout', 'wipeonfork', 'dontfork', '102', '103'])}`,
  ),
  choice(3, (d) => `mremap ${d.one(['0', '1'])} 1 ${d.one(['0', '1', '2H'])} 1`),
  choice(3, (d) => `mmap ${d.range} rw ${d.one(['anon', 'anon', 'sanon'])}`),
  choice(2, (d) => `mmap ${d.range} rw ${d.one(['fpriv', 'fshared'])} 0`, { of: 'file' }),
  choice(3, () => 'fork 2', late),
  choice(1, () => 'exit', late),
  choice(2, (d) => `pvr ${d.range}`),
  choice(2, (d) => `pvw ${d.one(['0', '1'])} 1 ${d.value}`),
  choice(2, (d) => `gup ${d.one(['pin', 'longterm'])} ${d.range} w`),
  choice(2, () => 'clearrefs 4'),
  choice(2, (d) => `reclaim ${d.range}`),
  choice(2, (d) => `mlock ${d.range}`),
  choice(1, (d) => `munlock ${d.range}`),
  choice(2, (d) => `ftrunc 0 ${d.below(2)}`, { of: 'file' }),
  choice(2, (d) => `fpunch 0 ${d.below(2)} 1`, { of: 'file' }),
  choice(1, (d) => `fwrite 0 0 ${d.value}`, { of: 'file' }),
  choice(4, (d) => `@1 cr ${d.range}`, { of: 'child' }),
  choice(4, (d) => `@1 cw 0 1 ${d.value}`, { of: 'child' }),
  choice(2, (d) => `@1 madvise ${d.range} dontneed`, { of: 'child' }),
  choice(1, () => '@1 exit', { of: 'child' }),
  choice(8, (d) => `dread 0 ${d.range}`),
  choice(8, (d) => `dwrite 0 ${d.one(['0', '0', '1'])} 1 ${d.value}`),
  choice(5, (d) => `excl 0 ${d.one(['0', '1'])} 1`, { needs: 'exclusive' }),
  choice(8, (d) => `dmig 0 ${d.range}`, memory),
  choice(5, (d) => `dsys 0 ${d.range}`, memory),
  choice(3, () => 'rel 0 0 1', memory),
  choice(2, () => 'close 0', late),
  choice(3, () => 'work 0', { needs: 'work', late: true }),
  choice(4, (d) => `dread 1 ${d.range}`, { of: 'second' }),
  choice(4, (d) => `dwrite 1 0 1 ${d.value}`, { of: 'second' }),
  choice(4, (d) => `dmig 1 ${d.range}`, { of: 'second', needs: 'memory' }),
];

/** The program of that number; there are several with each. */
export function randomProgram(seed: number, number: number, can: Abilities, candidate = 0): Program {
  const draw = new RangeDraw(randomStream(seed + CANDIDATES * candidate, number));
  const has = { file: draw.below(5) === 0, second: draw.below(4) === 0, child: draw.below(4) === 0 };
  const fits = ({ needs, of }: Choice): boolean => (needs === undefined || can[needs]) && (of === undefined || has[of]);
  const choices = operations.filter(fits);
  const drawn = (count: number, from: readonly Choice[]): string[] =>
    Array.from({ length: count }, () => draw.weighted(from).text(draw));
  const kind = has.file ? draw.one(['fpriv 0', 'fshared 0']) : draw.one(['anon', 'anon', 'anon', 'sanon']);
  const early = choices.filter((one) => one.of !== 'child' && one.late !== true);
  const given = [
    'open 0 0',
    ...(has.second ? ['open 1 1'] : []),
    ...(has.file ? [`file 0 ${PAGES}`] : []),
    `mmap 0 ${PAGES} rw ${kind}`,
    ...drawn(1 + draw.below(3), early),
    ...(has.child ? ['fork 1'] : []),
  ];
  const columns = Array.from({ length: draw.below(5) === 0 ? 3 : 2 }, (_, i) => {
    const count = draw.one([1, 1, 1, 2, 2, 3]);
    return `${'ABC'[i]}: ${drawn(count, choices).join(' | ')}`;
  });
  return parseProgram([`given ${given.join(' | ')}`, ...columns].join('\n'));
}
