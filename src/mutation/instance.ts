/**
 * A model with a bug in it, in the thread that asks. It is the stepped tree with the edits made, run once more from the start: no
 * variable of a module is shared with another instance. A tree of files (mutate.ts) says the same and costs five times as much; it is
 * for what starts threads, and for modules of the user's.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutation } from '../bugs/bug.ts';
import { plainModule } from '../build/plainModule.ts';
import { recordedModule } from '../build/recordTree.ts';
import { builtTree } from './builtTree.ts';
import { editedModules } from './editedModules.ts';
import { type Exports, type Wrapped, wrapped } from './wrapped.ts';

const fileOf = (module: string): string => join(builtTree, 'src', `${module}.js`);

/** Modules of the tree as it is, once they were asked for: wrapped, and their plain text. */
const built = new Map<string, Wrapped>();
const plain = new Map<string, string>();

/** What is in a map, or is made and put there. */
function kept<V>(map: Map<string, V>, key: string, make: (key: string) => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make(key);
  map.set(key, made);
  return made;
}

const wrappedAsBuilt = (module: string): Wrapped =>
  kept(built, module, () => wrapped(module, readFileSync(fileOf(module), 'utf8'), fileOf(module)));

/** Modules that are none of the tree are imported once, in the usual way. */
const others = new Map<string, Exports>();
const isOther = (from: string): boolean => from.startsWith('node:') || !from.includes('/');

/** Modules with a bug in them, and what they export. */
class Instance {
  readonly #edited: ReadonlyMap<string, Wrapped>;
  readonly #exports = new Map<string, Exports>();

  constructor(edited: ReadonlyMap<string, Wrapped>, given: ReadonlyMap<string, Exports>) {
    this.#edited = edited;
    for (const [module, exports] of given) this.#exports.set(module, exports);
  }

  wrappedOf(module: string): Wrapped {
    return this.#edited.get(module) ?? wrappedAsBuilt(module);
  }

  /** Imports what is none of the tree, for a module and all that it imports. */
  async prepare(module: string, seen = new Set<string>()): Promise<void> {
    if (seen.has(module) || this.#exports.has(module)) return;
    seen.add(module);
    for (const from of this.wrappedOf(module).imports) {
      if (!isOther(from)) await this.prepare(from, seen);
      else if (!others.has(from)) others.set(from, (await import(from)) as Exports);
    }
  }

  async importLate(module: string): Promise<Exports> {
    await this.prepare(module);
    return this.exportsOf(module);
  }

  exportsOf(module: string): Exports {
    const known = this.#exports.get(module);
    if (known !== undefined) return known;
    const imported = (from: string, ...names: readonly string[]): Exports => {
      const exports = isOther(from) ? (others.get(from) as Exports) : this.exportsOf(from);
      const missing = names.find((name) => !(name in exports));
      if (missing !== undefined)
        throw new Error(`${module} imports ${missing} of ${from}, and there is none that stays what it is`);
      return exports;
    };
    const late = (from: string): Promise<Exports> => this.importLate(from);
    const exports = this.wrappedOf(module).run()(imported, { url: pathToFileURL(fileOf(module)).href }, late);
    this.#exports.set(module, exports);
    return exports;
  }
}

/**
 * Gives what a module exports in a model with a bug.
 *
 * @throws UsageError when an edit does not fit the model any more.
 */
export async function instanceOf(mutation: Mutation): Promise<<M>(module: string) => Promise<M>> {
  const texts = new Map<string, string>();
  const edited = new Map<string, Wrapped>();
  for (const [module, source] of editedModules(mutation)) {
    const recorded = recordedModule(source, join('src', `${module}.js`));
    texts.set(module, plainModule(recorded));
    edited.set(module, wrapped(module, recorded, fileOf(module)));
  }
  // The hash of a token is that of the model with the bug.
  const treeText = (module: string): string =>
    texts.get(module) ?? kept(plain, module, () => plainModule(readFileSync(fileOf(module), 'utf8')));
  const instance = new Instance(edited, new Map([['package/treeText', { treeText }]]));
  return <M>(module: string): Promise<M> => instance.importLate(module) as Promise<M>;
}
