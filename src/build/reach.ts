/**
 * What modules of the built trees lead to: what they import, what they load by its name from another tree, and the workers that they
 * start. All of this is read off their code, so that nobody has to keep a list of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** A file of a tree, as `stepped/src/index.js`, in the parts that say where it is. */
interface Place {
  readonly tree: string;
  /** Below the tree. */
  readonly file: string;
}

const IMPORTED = /(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[^"']+)["']/g;
const IMPORTED_LATE = /\bimport\s*\(\s*["'](\.{1,2}\/[^"']+)["']/g;
/** `load('engines/race/race')` is of the stepped tree, and these calls say that it is of another one. */
const NAMED = /(?:\b(flatModule|own)\(\s*)?["']((?:\w+\/)+\w+)["']/g;
const STARTED = /\b(workerUrl|inProbe|flatWorker)\(\s*["'](\w+)["']/g;

/** Commands and calls begin in the erased tree: in another one these modules do not run, and need not find what they load when they do. */
const BEGINS = /^src\/(cli|library)\//;

/** Files that some files below `dist` lead to, themselves among them, as paths below `dist`. A declaration leads to declarations. */
export class Reach {
  readonly files = new Set<string>();
  readonly #dist: string;

  constructor(dist: string) {
    this.#dist = dist;
  }

  /** @throws Error when something is imported or started that is not there. */
  add(path: string): void {
    const file = path.endsWith('.ts') && !path.endsWith('.d.ts') ? path.replace(/ts$/, 'd.ts') : path;
    if (this.files.has(file)) return;
    if (!existsSync(join(this.#dist, file))) throw new Error(`${file} is imported, and is not there`);
    this.files.add(file);
    const text = readFileSync(join(this.#dist, file), 'utf8');
    const [tree = '', ...below] = file.split('/');
    const place = { tree, file: below.join('/') };
    for (const next of file.endsWith('.d.ts') ? imported(place, text, true) : ledTo(place, text, this.#dist)) this.add(next);
  }
}

const imported = ({ tree, file }: Place, text: string, isLate: boolean): string[] =>
  [IMPORTED, ...(isLate ? [IMPORTED_LATE] : [])].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, path]) => normalize(join(tree, dirname(file), path as string))),
  );

function ledTo(place: Place, text: string, dist: string): string[] {
  const { tree, file } = place;
  const runs = tree === 'erased' || !BEGINS.test(file);
  if (!runs) return imported(place, text, false);
  // A text in quotes that names no module is no name.
  const named = [...text.matchAll(NAMED)]
    .map(([, by, module]) => join(by === 'own' ? tree : by === 'flatModule' ? 'flat' : 'stepped', 'src', `${module}.js`))
    .filter((path) => existsSync(join(dist, path)));
  const started = [...text.matchAll(STARTED)].map(([, by, worker]) =>
    join(by === 'flatWorker' ? 'flat' : tree, 'workers', `${worker}.js`),
  );
  return [...imported(place, text, true), ...named, ...started];
}
