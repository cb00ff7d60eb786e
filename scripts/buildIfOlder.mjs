/** Before `npm start`: builds only what is not built yet. A build takes longer than a race, on one busy core twice as long. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The last file that a build writes to. */
const BUILT = 'dist/stepped/.npmignore';
const SOURCES = ['src', 'workers', 'test', 'bench', 'package.json', 'tsconfig.json'];

/** When a file, or the newest one in a folder, was changed. Of a folder itself, too: a file may have gone. */
function changed(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

const built = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (built <= Math.max(...SOURCES.map(changed))) {
  process.exitCode = spawnSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' }).status ?? 1;
}
