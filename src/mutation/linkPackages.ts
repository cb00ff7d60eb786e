/** The packages that this one needs, where a copy of its code can find them. */
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/**
 * Makes `to`, a folder `node_modules`, with a link to each package that the one at `root` names and that is installed. Each is looked
 * for by itself: npm puts them side by side, pnpm each into a folder of its own.
 */
export function linkPackages(root: string, to: string): void {
  const manifest = join(root, 'package.json');
  const { dependencies, devDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  const { resolve } = createRequire(manifest);
  mkdirSync(to);
  for (const name of Object.keys({ ...devDependencies, ...dependencies })) {
    const found = resolve
      .paths(name)
      ?.map((folder) => join(folder, name))
      .find((folder) => existsSync(folder));
    if (found === undefined) continue;
    const link = join(to, name);
    // The name may begin with a scope.
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(found), link);
  }
}
