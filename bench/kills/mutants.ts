/** The mutants that are tried: of each kind as many, spread over the modules, always the same ones. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtTree } from '../../src/mutation/builtTree.ts';
import { builtModule } from '../../src/mutation/moduleCode.ts';
import { type Mutant, mutantsOf } from './mutantRules.ts';
import type { RanAll } from './programs.ts';

/** Folders of the model; drivers are those that the lab explores without being told. */
const FOLDERS = ['mm', 'migrate', 'hmm', 'notifier', 'drivers/dmirror'];

const modules = (): string[] =>
  FOLDERS.flatMap((folder) =>
    readdirSync(join(builtTree, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js') && !file.endsWith('options.js'))
      .map((file) => `${folder}/${file.slice(0, -'.js'.length)}`)
      .sort(),
  );

/** A short name that stays the same while the code does. */
export const keyOf = ({ kind, module, name, what, edit }: Mutant): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, module, name, what, edit.replace]))
    .digest('hex')
    .slice(0, 8);

/** Where the places of a module are in the text that runs, which the build has put something into, on the lines that are there. */
function placesInRun(plain: string, run: string): (place: number) => number {
  const lines = run.split('\n');
  const found = new Int32Array(plain.length);
  let start = 0;
  let at = 0;
  for (const [i, line] of plain.split('\n').entries()) {
    const text = lines[i] ?? '';
    let column = 0;
    for (const letter of line) {
      column = Math.max(column, text.indexOf(letter, column));
      found[at++] = start + column++;
    }
    found[at++] = start + text.length;
    start += text.length + 1;
  }
  return (place) => found[place] as number;
}

/**
 * All mutants of functions that something runs when it is set up, and of code in them that is run. A check that nothing is kept from by
 * is left out: the code behind it is run by nothing.
 */
export function allMutants(all: readonly RanAll[]): Mutant[] {
  const functions = new Set(all.flatMap((ran) => ran.functions));
  return modules().flatMap((module) => {
    const code = builtModule(module);
    if (code === null) return [];
    const runs = (place: number): boolean =>
      all.some(({ idle }) => idle[module]?.every(([from, to]) => place < from || place >= to));
    const inRun = placesInRun(code.source, readFileSync(join(builtTree, 'src', `${module}.js`), 'utf8'));
    return mutantsOf(module, code).filter(
      ({ name, places }) => functions.has(`${module} ${name}`) && places.every((place) => runs(inRun(place))),
    );
  });
}

/** So many of each kind: first one of each module, then a second one. */
export function sampled(all: readonly Mutant[], each: number): Mutant[] {
  const kinds = [...new Set(all.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const times = new Map<string, number>();
    const ranked = all
      .filter((mutant) => mutant.kind === kind)
      .map((mutant) => ({ mutant, key: keyOf(mutant) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ mutant }) => {
        const rank = times.get(mutant.module) ?? 0;
        times.set(mutant.module, rank + 1);
        return { mutant, rank };
      });
    return ranked
      .sort((a, b) => a.rank - b.rank)
      .slice(0, each)
      .map(({ mutant }) => mutant);
  });
}
