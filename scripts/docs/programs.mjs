/** Pages about programs: the operations, and the race matrix that is made of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { code, page, table } from './table.mjs';

/** The kernels on which each operation was recorded, by the recordings that come with the lab. */
export function recordedOn(folder, readRecording) {
  const kernels = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz')))
    for (const { kernel, operations } of readRecording(join(folder, file)))
      for (const { name } of operations) kernels.set(name, (kernels.get(name) ?? new Set()).add(kernel));
  return (name) => [...(kernels.get(name) ?? [])].sort().join(', ');
}

const titles = {
  CPU: 'What a thread does',
  device: 'What a device does',
  kernel: 'What the kernel does',
  look: 'What only looks',
};

/** Every operation: how it is written, what it does and stands for, where it may be. */
export function operations({ descriptions, formOf, UNKNOWN, ALONE, racy, errnoName, recorded }) {
  const all = Object.entries(descriptions);
  const sections = Object.entries(titles).map(([side, title]) => {
    const rows = all
      .filter(([, description]) => description.side === side)
      .map(([name, { does, kernel }]) => [
        code(formOf(name)),
        does,
        kernel,
        recorded(name),
        ALONE.has(name) ? 'no' : 'yes',
        UNKNOWN.has(name) ? 'no' : 'yes',
      ]);
    return `## ${title}\n\n${table(['operation', 'what it does', 'in Linux', 'recorded on', 'in columns', 'values known'], rows)}`;
  });
  const racyRows = Object.entries(racy).flatMap(([name, errors]) =>
    Object.entries(errors).map(([errno, why]) => [code(name), errnoName(-errno).slice(1), why]),
  );
  return page(
    'Operations',
    'The language of programs ([programs.md](../programs.md)). Words in brackets may be left out. ' +
      '*Recorded on*: the kernels whose recordings have it ([conformance.md](../conformance.md)); nothing: the model alone has it. ' +
      '*In columns*: it may run while others do something; *no*: only in `given`, or in a program that is replayed alone. ' +
      '*Values known*: ideal memory knows what it does to the contents of pages; of a program with one that is *no* the values are not checked.',
    ...sections,
    `## Racy errors\n\nAn operation of a column may fail as it does in some sequential order of the program, and in these ways, which no order need show:\n\n${table(['operation', 'error', 'why'], racyRows)}`,
  );
}

/** What `hmm-lab matrix` goes through. */
export function matrix({ pageStates, matrixOperations }) {
  const states = pageStates.map(({ name, what, given, has, driver, always, never }) => [
    code(name),
    what,
    code(given),
    [...has].join(', '),
    driver ?? '',
    [always && `without \`${always.operation}\`: ${always.why}`, never && `with \`${never.operation}\`: ${never.why}`]
      .filter(Boolean)
      .join('; '),
  ]);
  const example = pageStates.find(({ name }) => name === 'written');
  const rows = matrixOperations.map(({ name, side, text, needs, driver }) => [
    code(name),
    side,
    code(text(example, 'VALUE')),
    needs.join(', '),
    driver ?? '',
  ]);
  return page(
    'States and operations of the race matrix',
    'What `hmm-lab matrix` goes through: each operation by each, from every state ([programs.md](../programs.md#the-race-matrix)). Names are those of `--state` and `--operation`.',
    `## States\n\nThe page is page 0. *Has*: what is there beside. *Driver*: what it must be able to do, or else the state is left out. *Left out*: cells that cannot be. \`EACH:\` is each actor of the cell.\n\n${table(['state', 'the page is', 'given', 'has', 'driver', 'left out'], states)}`,
    `## Operations\n\nAs written from the state \`written\`; in huge states whole huge pages, or their first page. VALUE is 11 for actor A, 12 for B, 13 for C. *Needs*: what a state must have, or else the operation is not tried from it.\n\n${table(['operation', 'by', 'as a program', 'needs', 'driver'], rows)}`,
  );
}
