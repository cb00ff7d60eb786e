/** A script of the build that changes a tree in place: `node NAME.js TREE`. */
import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** If Node was started with the module at `url`, and not only loads it: does the work on the tree that was named, or says how to name one. */
export function treeScript(url: string, work: (tree: string) => unknown): void {
  const file = fileURLToPath(url);
  const [, started, tree] = process.argv;
  if (started === undefined || realpathSync(started) !== file) return;
  if (tree === undefined) {
    process.stderr.write(`usage: ${basename(file, '.js')} TREE\n`);
    process.exitCode = 2;
  } else work(resolve(tree));
}
