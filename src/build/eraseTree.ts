import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eraseModule } from './erase.ts';
import { plainModule } from './plainModule.ts';

/** Where a tree has the module that exports the `pause` hook. */
const pauseFile = join('src', 'steps', 'pause.js');

/**
 * Erases every `.js` file below `from` into the same place below `to`, and returns their number. Everything else (declarations
 * above all) is not copied: the types of the package are those of the stepped tree.
 */
export async function eraseTree(from: string, to: string, points = true): Promise<number> {
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const constants = await readConstants(from, files);
  for (const file of files) {
    const source = plainModule(readFileSync(join(from, file), 'utf8'));
    const code = eraseModule(source, {
      file: join(from, file),
      pauseModule: relativeSpecifier(dirname(file), pauseFile),
      points,
      constantsOf: (specifier) => constants.get(specifier === null ? file : normalize(join(dirname(file), specifier))),
    });
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), code);
  }
  return files.length;
}

/** The model: folders, and the table of points. Its modules do nothing when they are loaded, so their constants can be asked for. */
const modelModules = [join('src', 'steps', 'points.js')].concat(
  ['arena', 'sync', 'mm', 'notifier', 'hmm', 'migrate', 'drivers'].map((name) => join('src', name) + sep),
);

/** Loads the stepped modules of the model and keeps what they export, by file. */
async function readConstants(from: string, files: readonly string[]): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const constants = new Map<string, Readonly<Record<string, unknown>>>();
  for (const file of files) {
    if (!modelModules.some((start) => file.startsWith(start))) continue;
    constants.set(file, (await import(pathToFileURL(join(from, file)).href)) as Record<string, unknown>);
  }
  // What code erased by this very tool knows of itself: the branches for the stepped tree go.
  constants.set(join('src', 'steps', 'steps.js'), { erased: true });
  return constants;
}

function relativeSpecifier(from: string, to: string): string {
  const path = relative(from, to).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [from, to, flag] = process.argv.slice(2);
  if (from === undefined || to === undefined || (flag !== undefined && flag !== '--no-points')) {
    process.stderr.write('usage: eraseTree FROM TO [--no-points]\n');
    process.exitCode = 2;
  } else {
    await eraseTree(resolve(from), resolve(to), flag === undefined);
  }
}
