import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alignModule } from './align.ts';
import { treeScript } from './treeScript.ts';

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

treeScript(import.meta.url, alignTree);
