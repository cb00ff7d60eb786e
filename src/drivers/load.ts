/**
 * Loads a driver by name or by the URL of its module, in the main thread and in every worker.
 *
 * A driver of the user's is written against the stepped tree: its operations are generators. So that it works in the erased
 * tree too, its module, and the modules it imports by a relative path, go through the same transform as the lab's own.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eraseModule } from '../steps/erase.ts';
import { erased } from '../steps/steps.ts';
import { type Driver, driverDefect } from './driver.ts';
import { builtinDrivers } from './registry.ts';

/** Of this very module: `.js` in a built tree, `.ts` where Node runs the sources. A string in `new URL` is not rewritten. */
const extension = extname(new URL(import.meta.url).pathname);
const packageIndex = new URL(`../index${extension}`, import.meta.url).href;
const pauseModule = new URL(`../steps/pause${extension}`, import.meta.url).href;

/** Loaded modules by URL: a driver is registered by identity, so a thread must get the same object each time. */
const loaded = new Map<string, Promise<Driver>>();

/**
 * The driver of a built-in name or a `file:` URL.
 *
 * @throws RangeError for an unknown name, TypeError for a module that does not load or is no driver; one sentence each.
 */
export async function loadDriver(nameOrUrl: string): Promise<Driver> {
  const builtin = builtinDrivers.find(({ name }) => name === nameOrUrl);
  if (builtin !== undefined) return builtin;
  if (!nameOrUrl.startsWith('file:')) {
    const names = builtinDrivers.map(({ name }) => name).join(', ');
    throw new RangeError(
      `unknown driver '${nameOrUrl}', allowed are ${names}, or a module by its path (./driver.js) or file: URL`,
    );
  }
  const known = loaded.get(nameOrUrl);
  if (known !== undefined) return known;
  const loading = loadModule(nameOrUrl);
  loaded.set(nameOrUrl, loading);
  return loading;
}

async function loadModule(url: string): Promise<Driver> {
  let candidate: unknown;
  try {
    ({ default: candidate } = await importTransformed(new URL(url)));
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new TypeError(`driver module '${url}' does not load: ${why}`, { cause: error });
  }
  const defect = driverDefect(candidate);
  if (defect !== null) throw new TypeError(`driver module '${url}' is not a driver: ${defect}`);
  return candidate as Driver;
}

/** Imports a transformed copy. The copies are needed only until they are loaded, so nothing is left even by a killed thread. */
async function importTransformed(entry: URL): Promise<{ readonly default?: unknown }> {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-driver-'));
  try {
    return await import(new Copies(directory).copy(entry));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Transformed copies of a module and of what it imports by relative paths, in one flat directory. */
class Copies {
  readonly #directory: string;
  readonly #copies = new Map<string, string>();

  constructor(directory: string) {
    this.#directory = directory;
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
    // In the stepped tree only the imports change; line numbers stay in both.
    if (!statSync(file).isFile()) throw new TypeError(`${file} is not a file`);
    const source = `${erased ? '' : '/* @hmm-lab keep-generators */ '}${readFileSync(file, 'utf8')}`;
    const rewriteImport = (specifier: string): string => this.#resolve(specifier, module);
    writeFileSync(target, eraseModule(source, { file, pauseModule, rewriteImport }).code);
    return url;
  }

  #resolve(specifier: string, from: URL): string {
    // The tree the lab itself runs from, and not an installed copy: two copies of the model would not share their registries.
    if (specifier === 'hmm-lab') return packageIndex;
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
