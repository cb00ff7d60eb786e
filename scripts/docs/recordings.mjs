/** The table in docs/conformance.md of how much of whole recordings agrees. The recordings themselves do not come with the lab. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What is in a file, by its name without ending; the rows come in this order. */
const about = {
  hand: ['hand-written, small pages', 'one fact each: driver, fork, files, pins, exclusive access, a little THP, hugetlb'],
  random: ['random, small pages', 'fork, files, two devices, several open files'],
  thp: ['huge pages', 'PMD leaves, split, collapse, huge zero page, exclusive access of huge pages, smaps'],
  coherent: ['coherent memory', 'two coherent and two private devices, pins of every kind'],
  new: ['new in 7.3', 'huge pages on the device, guard regions, userfaultfd, event logs, huge pages of other sizes'],
  new2: ['new in 7.3, second batch', 'lasting pins, mremap of many VMAs, merges, page tables that are freed, pieces of zeroes'],
  'new2-coherent': ['new in 7.3, coherent', 'huge pages and lasting pins on a coherent device'],
  q7: ['own leaves', 'a device reads an own huge page with the words of the kernel: R74'],
};

const BEGIN = '<!-- whole recordings -->';
const END = '<!-- end -->';

const figures = ({ total, agree }) => `${agree.toLocaleString('en')} of ${total.toLocaleString('en')}`;

/** Replays the recordings of some folders, one for each kernel, and writes the table. `conforms` is the library's call. */
export async function recordingsTable(page, folders, { KERNELS }, conforms) {
  const rows = new Map(Object.keys(about).map((name) => [name, new Map()]));
  for (const folder of folders) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'))) {
      const name = basename(file, '.jsonl.gz');
      const { ops, kernel } = await conforms(join(folder, file));
      rows.get(name)?.set(kernel, figures(ops));
    }
  }
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const lines = [...rows].map(([name, byKernel]) =>
    line([...about[name], ...KERNELS.map((kernel) => byKernel.get(kernel) ?? '')]),
  );
  const table = [line(['recording', 'what', ...KERNELS]), `|${'---|'.repeat(2 + KERNELS.length)}`, ...lines].join('\n');
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END, from);
  if (from === -1 || to === -1) throw new Error(`${page} has no place for the table of recordings`);
  writeFileSync(page, `${text.slice(0, from)}${BEGIN}\n\n${table}\n\n${text.slice(to)}`);
}
