/**
 * Imports a module of the user's, and what it imports by relative paths, bound to the very tree that runs.
 *
 * Such a module is written against the stepped tree: its operations are generators. So that it works in the erased tree too, it
 * goes through the same transform as the lab's own sources.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eraseModule } from '../build/erase.ts';
import { UsageError } from '../input/usageError.ts';
import { erased } from '../steps/steps.ts';

/** Of this very module: `.js` in a built tree, `.ts` where Node runs the sources. A string in `new URL` is not rewritten. */
const extension = extname(new URL(import.meta.url).pathname);
const own = (module: string): string => new URL(`../${module}${extension}`, import.meta.url).href;
const pauseModule = own('steps/pause');

/** What the package's entries are in the tree that runs: two copies of the model would not share their registries. */
const entries: Readonly<Record<string, string>> = { 'hmm-lab': own('index'), 'hmm-lab/scenario': own('scenario') };

/** Runs `use` with a directory that is gone afterwards: copies are needed only until they are loaded. */
async function withCopies<T>(use: (copies: Copies) => T | Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-module-'));
  try {
    return await use(new Copies(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a module exports by default, and a hash of its source and of those it imports by relative paths. */
export const importUserModule = (entry: URL): Promise<{ readonly exported: unknown; readonly sources: string }> =>
  withCopies(async (copies) => {
    const module = (await import(copies.copy(entry))) as { readonly default?: unknown };
    return { exported: module.default, sources: copies.sources };
  });

/** The same hash, without running anything. */
export const sourcesOf = (entry: URL): Promise<string> =>
  withCopies((copies) => {
    copies.copy(entry);
    return copies.sources;
  });

/** Transformed copies of a module and of what it imports by relative paths, in one flat directory. */
class Copies {
  readonly #directory: string;
  readonly #copies = new Map<string, string>();
  readonly #hash = createHash('sha256');

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Hash of what was copied. */
  get sources(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The URL of the copy of a module. */
  copy(module: URL): string {
    const known = this.#copies.get(module.href);
    if (known !== undefined) return known;
    const file = fileURLToPath(module);
    const name = basename(file, extname(file));
    const target = join(this.#directory, `${this.#copies.size}-${name}.mjs`);
    const url = pathToFileURL(target).href;
    // Entered before its imports are followed: modules may import each other in a circle.
    this.#copies.set(module.href, url);
    if (!statSync(file).isFile()) throw new UsageError(`${file} is not a file`);
    const text = readFileSync(file, 'utf8');
    this.#hash.update(text);
    // In the stepped tree only the imports change; line numbers stay in both.
    const source = `${erased ? '' : '/* @hmm-lab keep-generators */ '}${text}`;
    const rewriteImport = (specifier: string): string => this.#resolve(specifier, module);
    const { code } = eraseModule(source, { file, pauseModule, rewriteImport });
    // Stack traces name the user's own file.
    writeFileSync(target, `${code}\n//# sourceURL=${module.href}\n`);
    return url;
  }

  #resolve(specifier: string, from: URL): string {
    const entry = entries[specifier];
    if (entry !== undefined) return entry;
    if (/^(\.{0,2}\/|file:)/.test(specifier)) {
      const target = new URL(specifier, from);
      return /\.m?js$/.test(target.pathname) && !isOwn(target) ? this.copy(target) : target.href;
    }
    if (isBuiltin(specifier) || /^[a-z]+:/.test(specifier)) return specifier;
    return pathToFileURL(createRequire(from).resolve(specifier)).href;
  }
}

/** Whether a module belongs to the tree that runs, which is transformed as it has to be. */
const isOwn = (module: URL): boolean => module.href.startsWith(new URL('../../', import.meta.url).href);
