/** Scripts at random, one operation after another: what the driver, forks, files and advice do to a few pages, and a look after each. */

import { parseOperation } from '../programs/operation.ts';
import { Draw } from '../programs/random/draw.ts';
import { type RandomStream, randomStream } from '../workload/random.ts';
import type { Asked } from './scripts.ts';

const PAGES = 12;
const FILE_PAGES = 8;
const FEWEST = 10;
const MOST = 30;

interface Choice {
  readonly weight: number;
  readonly text: (draw: RangeDraw) => string;
  readonly needs?: 'file' | 'second';
}

/** What a script is made of. Each value is written once. */
class RangeDraw extends Draw {
  constructor(random: RandomStream) {
    super(random, 100, PAGES);
  }

  /** Where, and how many pages; more often few. */
  get range(): string {
    const page = this.below(PAGES);
    return `${page} ${Math.min(this.one([1, 1, 1, 2, 2, 4, PAGES]), PAGES - page)}`;
  }
}

const ADVICE = [
  'dontneed',
  'dontneed',
  'dontneed',
  'free',
  'dontfork',
  'dofork',
  'wipeonfork',
  'keeponfork',
  'popread',
  'popwrite',
];

const choices: readonly Choice[] = [
  { weight: 8, text: (d) => `cr ${d.range}` },
  { weight: 10, text: (d) => `cw ${d.range} ${d.value}` },
  { weight: 3, text: (d) => `munmap ${d.range}` },
  { weight: 5, text: (d) => `mprotect ${d.range} ${d.one(['r', 'rw', 'rw', '-'])}` },
  { weight: 6, text: (d) => `madvise ${d.range} ${d.one(ADVICE)}` },
  { weight: 3, text: (d) => `mmap ${d.range} rw ${d.one(['anon', 'anon', 'sanon'])}` },
  { weight: 2, text: (d) => `mremap ${d.below(PAGES)} 1 ${d.below(PAGES)} 1` },
  { weight: 2, text: (d) => `pvr ${d.range}` },
  { weight: 2, text: (d) => `pvw ${d.range} ${d.value}` },
  { weight: 1, text: (d) => `pin 0 ${d.range}` },
  { weight: 1, text: () => 'unpin 0' },
  { weight: 1, text: (d) => `mlock ${d.range}` },
  { weight: 1, text: (d) => `munlock ${d.range}` },
  { weight: 9, text: (d) => `dread 0 ${d.range}` },
  { weight: 9, text: (d) => `dwrite 0 ${d.range} ${d.value}` },
  { weight: 9, text: (d) => `dmig 0 ${d.range}` },
  { weight: 5, text: (d) => `dsys 0 ${d.range}` },
  { weight: 5, text: (d) => `excl 0 ${d.range}` },
  { weight: 3, text: (d) => `chk 0 ${d.range}` },
  { weight: 1, text: () => 'rel 0 0 1' },
  {
    weight: 3,
    text: (d) => `mmap ${d.below(PAGES - FILE_PAGES)} ${FILE_PAGES} rw ${d.one(['fpriv', 'fshared'])} 0 0`,
    needs: 'file',
  },
  { weight: 1, text: (d) => `ftrunc 0 ${d.below(FILE_PAGES)}`, needs: 'file' },
  { weight: 1, text: (d) => `fpunch 0 ${d.below(FILE_PAGES)} 1`, needs: 'file' },
  { weight: 4, text: (d) => `dread 1 ${d.range}`, needs: 'second' },
  { weight: 4, text: (d) => `dwrite 1 ${d.range} ${d.value}`, needs: 'second' },
  { weight: 4, text: (d) => `dmig 1 ${d.range}`, needs: 'second' },
];

/** What a child does, if there is one. */
const childChoices: readonly Choice[] = [
  { weight: 4, text: (d) => `@1 cr ${d.range}` },
  { weight: 5, text: (d) => `@1 cw ${d.range} ${d.value}` },
  { weight: 2, text: (d) => `@1 madvise ${d.range} dontneed` },
  { weight: 1, text: (d) => `@1 munmap ${d.range}` },
];

/** The script of that number. The same seed and number are the same script. */
export function randomScript(seed: number, number: number): Asked {
  const draw = new RangeDraw(randomStream(seed, number));
  const has = { file: draw.below(4) === 0, second: draw.below(4) === 0 };
  const forkAt = draw.below(2) === 0 ? draw.below(MOST) : MOST;
  const own = choices.filter(({ needs }) => needs === undefined || has[needs]);
  const texts = ['open 0 0', ...(has.second ? ['open 1 1'] : []), ...(has.file ? [`file 0 ${FILE_PAGES}`] : [])];
  texts.push(`mmap 0 ${PAGES} rw anon`);
  const length = FEWEST + draw.below(MOST - FEWEST);
  for (let i = 0; i < length; i++) {
    if (i === forkAt) texts.push('fork 1');
    const isChild = i > forkAt && draw.below(3) === 0;
    texts.push(draw.weighted(isChild ? childChoices : own).text(draw));
    const look = draw.below(3);
    if (look === 0) texts.push(`${isChild ? '@1 ' : ''}pm 0 ${PAGES}`);
    else if (look === 1) texts.push(`snap 0 0 ${PAGES}`);
  }
  texts.push(`pm 0 ${PAGES}`, `cr 0 ${PAGES}`);
  return { id: `r:${seed}:${number}`, operations: texts.map(parseOperation) };
}
