import { readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alignModule } from './align.ts';

/** Aligns every `.js` file below a folder with the source its map leads to, takes the maps away, and returns how many it were. */
export function alignTree(tree: string): number {
  const maps = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js.map'));
  for (const name of maps) {
    const map = join(tree, name);
    const file = map.slice(0, -'.map'.length);
    writeFileSync(file, alignModule(readFileSync(file, 'utf8'), JSON.parse(readFileSync(map, 'utf8')), file));
    rmSync(map);
  }
  return maps.length;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [tree] = process.argv.slice(2);
  if (tree === undefined) {
    process.stderr.write('usage: alignTree TREE\n');
    process.exitCode = 2;
  } else {
    alignTree(resolve(tree));
  }
}
