/**
 * Copies of a module of the user's and of what it imports by relative paths, bound to the very tree that runs.
 *
 * Such a module is written against the stepped tree: its operations are generators. So that it works in the erased tree too, it
 * goes through the same transform as the lab's own sources. The files of the copies are there only while something is loaded. A
 * thread that is terminated meanwhile leaves them to the end of the process (package/runFolder.ts).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eraseModule } from '../build/erase.ts';
import { recordFrames } from '../build/recordFrames.ts';
import { UsageError } from '../input/usageError.ts';
import { modulesFolder } from '../package/runFolder.ts';
import { erased } from '../steps/steps.ts';
import { isFile } from './places.ts';
import { own, resolveFrom } from './resolve.ts';
import { numberOf } from './standIn.ts';

/** As Node says it, and programs ask for it. */
function notFound(url: string, from: string): Error {
  const error = new Error(`Cannot find module '${fileURLToPath(url)}' imported from ${fileURLToPath(from)}`);
  return Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
}

/** As it is where it cannot be recorded: if it does not parse, loading it says so. */
function recordedIfPossible(text: string, file: string, url: string): string {
  try {
    return recordFrames(text, { file, id: url, framesModule: own('steps/frames') });
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

export class Copies {
  /** Where the files are while something is loaded; a new name, so that whoever has it already is not written to. */
  readonly #directory = modulesFolder();
  /** How many modules are being loaded. */
  #loading = 0;
  /** URL of the copy by URL of the module. */
  readonly #copies = new Map<string, string>();
  /** Text by file. */
  readonly #texts = new Map<string, string>();
  readonly #written = new Set<string>();
  readonly #hash = createHash('sha256');
  readonly #data = new Set<string>();

  /** Hash of the modules that were copied, and of other files that they import by relative paths. */
  get sources(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Imports the module that the user named. */
  loadEntry = (entry: URL): Promise<unknown> => this.#load(() => this.copy(entry.href));

  /** Imports what `specifier` means in the module `from`. */
  load = (specifier: string, from: string, options?: ImportCallOptions): Promise<unknown> =>
    this.#load(() => this.#link(specifier, from), options);

  readonly #number = numberOf(this.load);

  async #load(link: () => string, options?: ImportCallOptions): Promise<unknown> {
    this.#loading++;
    try {
      const url = link();
      this.#write();
      return await import(url, options);
    } finally {
      if (--this.#loading === 0) this.#remove();
    }
  }

  /** The URL that takes the place of a specifier. What is the user's is copied first. */
  #link(specifier: string, from: string): string {
    const { url, kind } = resolveFrom(specifier, from);
    if (url.startsWith('file:') && !isFile(new URL(url))) throw notFound(url, from);
    if (kind === 'code') return this.copy(url);
    if (kind === 'data' && !this.#data.has(url)) {
      this.#data.add(url);
      this.#hash.update(readFileSync(new URL(url)));
    }
    return url;
  }

  /** The URL of the copy of a module. Nothing runs. */
  copy(url: string): string {
    const known = this.#copies.get(url);
    if (known !== undefined) return known;
    const file = fileURLToPath(url);
    if (!isFile(new URL(url))) throw new UsageError(`there is no file ${file}`);
    const text = readFileSync(file, 'utf8');
    this.#hash.update(text);
    const stem = join(this.#directory, `${this.#copies.size}-${basename(file, extname(file))}`);
    const target = pathToFileURL(`${stem}.mjs`).href;
    // Entered before its imports are followed: modules may import each other in a circle.
    this.#copies.set(url, target);
    try {
      this.#texts.set(`${stem}.mjs`, this.#transformed(text, url, `${stem}.own.mjs`));
    } catch (error) {
      this.#copies.delete(url);
      throw error;
    }
    return target;
  }

  #transformed(text: string, url: string, ownFile: string): string {
    // In the stepped tree the generators stay, and say what they will still use; line numbers stay in both.
    const file = fileURLToPath(url);
    const source = erased ? text : `/* @hmm-lab keep-generators */ ${recordedIfPossible(text, file, url)}`;
    const code = eraseModule(source, {
      file,
      pauseModule: own('steps/pause'),
      ownModule: pathToFileURL(ownFile).href,
      rewriteImport: (specifier, isDynamic) => (isDynamic ? this.#mayLoad(specifier, url) : this.#link(specifier, url)),
    });
    const standIn = `import { standIn } from ${JSON.stringify(own('userModules/standIn'))};`;
    this.#texts.set(ownFile, `${standIn}\nexport const { meta, load } = standIn(${this.#number}, ${JSON.stringify(url)});\n`);
    // Stack traces name the user's own file.
    return `${code}\n//# sourceURL=${url}\n`;
  }

  /** What may be loaded later belongs to the sources now. Whether it is there at all is seen when it is loaded. */
  #mayLoad(specifier: string, from: string): string {
    try {
      this.#link(specifier, from);
    } catch {}
    return specifier;
  }

  #write(): void {
    if (this.#written.size === 0 && this.#texts.size > 0) mkdirSync(this.#directory, { mode: 0o700 });
    for (const [file, text] of this.#texts) {
      if (this.#written.has(file)) continue;
      writeFileSync(file, text);
      this.#written.add(file);
    }
  }

  #remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
    this.#written.clear();
  }
}
