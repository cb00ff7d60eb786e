import { cpSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flattenModule } from './flatten.ts';

/** Flattens every `.js` file below `from` into the same place below `to`, and returns their number. */
export function flattenTree(from: string, to: string): number {
  cpSync(from, to, { recursive: true, filter: (file) => !file.endsWith('.d.ts') });
  const files = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  for (const file of files) {
    const source = readFileSync(join(to, file), 'utf8');
    const flat = flattenModule(source, join(from, file));
    if (flat !== source) writeFileSync(join(to, file), flat);
  }
  return files.length;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [from, to] = process.argv.slice(2);
  if (from === undefined || to === undefined) {
    process.stderr.write('usage: flattenTree FROM TO\n');
    process.exitCode = 2;
  } else {
    flattenTree(resolve(from), resolve(to));
  }
}
