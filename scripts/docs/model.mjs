/** Pages about the model: the kernel map, the layout of the arena, the lock classes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, page, table } from './table.mjs';

/** What follows a docstring: its declaration's name. Functions, constants, interfaces, types and classes count. */
const TAGGED =
  /@kernel (\S+) ([^\n*]+?)\s*(?:\n \*[^\n]*)*?\*\/\n(?:export )?(?:async )?(?:function\*?|const|interface|type|class) (\w+)/g;

/** Which function models which kernel function, from the `@kernel FILE NAME, NAME` tags of the sources. */
export function kernelMap(root) {
  const rows = new Map();
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files.sort()) {
    const source = readFileSync(join(root, 'src', file), 'utf8');
    const found = [...source.matchAll(TAGGED)];
    const tags = source.split('@kernel ').length - 1;
    if (tags !== found.length) throw new Error(`src/${file}: ${tags} @kernel tags, ${found.length} before a declaration`);
    for (const [, kernelFile, names, name] of found) {
      const row = [names.split(', ').map(code).join(', '), code(name), `[src/${file}](../../src/${file})`];
      rows.set(kernelFile, [...(rows.get(kernelFile) ?? []), row]);
    }
  }
  const sections = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kernelFile, of]) => `## ${kernelFile}\n\n${table(['kernel', 'here', 'file'], of)}`);
  return page(
    'Kernel map',
    'Which function of the model stands for which function of the kernel, by the file of the kernel. Made from the `@kernel` tags.',
    ...sections,
  );
}

/** Every structure of the arena, field by field. */
export function layout({ structures }) {
  const shapes = Object.values(structures)
    .map((value) => value?.shape)
    .filter((shape) => shape !== undefined);
  const sections = shapes.map(({ name, size, fields }) => {
    let at = 0;
    const rows = Object.entries(fields).map(([field, { words, protection, lock, meaning }]) => {
      const row = [at, code(field), words, lock === undefined ? protection : `${protection}(${lock})`, meaning];
      at += words;
      return row;
    });
    return `## ${name}, ${size} words\n\n${table(['word', 'field', 'words', 'protection', 'meaning'], rows)}`;
  });
  return page(
    'Layout of the arena',
    'Each structure, field by field, with its offset and length in words of 32 bits. What the protections mean is in [model.md](../model.md#the-arena).',
    ...sections,
  );
}

/** The classes of locks, outermost first. */
export function locks({ lockClasses }) {
  const rows = lockClasses.map(({ name, kind, nests, counted }) => [
    code(name),
    { spin: 'spin lock', sleep: 'sleeping lock', map: 'no lock: a lockdep map' }[kind],
    nests ? 'yes' : '',
    counted ? 'yes' : '',
  ]);
  return page(
    'Lock classes',
    'Outermost first, in the order in which the kernel nests them. *Nests*: an actor may hold two of them at once. *Counted*: held by the hundred, so that they are only counted and not listed.',
    table(['class', 'kind', 'nests', 'counted'], rows),
  );
}
