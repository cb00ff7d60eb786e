import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { recordFrames } from './recordFrames.ts';
import { treeScript } from './treeScript.ts';

/** Where a tree has the functions that records are made with. */
const framesFile = join('src', 'steps', 'frames.js');

/** The text of a module of a tree, recorded. `file` is its path in the tree. @throws SyntaxError */
export function recordedModule(source: string, file: string): string {
  const path = relative(dirname(file), framesFile).split(sep).join('/');
  return recordFrames(source, { file, id: file.split(sep).join('/'), framesModule: path.startsWith('.') ? path : `./${path}` });
}

/** Records every `.js` file below a folder in place, and returns how many it were. */
export function recordTree(tree: string): number {
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  for (const file of files) {
    const source = readFileSync(join(tree, file), 'utf8');
    const recorded = recordedModule(source, file);
    if (recorded !== source) writeFileSync(join(tree, file), recorded);
  }
  return files.length;
}

treeScript(import.meta.url, recordTree);
