/**
 * Puts the entry of an exploring thread, and all that it loads, into two or three files, but for what a thread that only searches is
 * not asked for: a thread starts in a third of the time when it need not look for three hundred. As the erased tree, they are made by the build
 * and by nothing else: a model with a bug is a copy of the modules, and threads explore it by those.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { treeScript } from './treeScript.ts';

/** Modules that are loaded when they are needed: for failures, schedules and lists, and for modules of the user's. */
const LEFT_OUT = /\/(otherDuties|list|scenarioModule|driverModule)\.js$/;

const leaveOut: Plugin = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: LEFT_OUT }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, namespace: 'left-out' } : null));
    onLoad({ filter: LEFT_OUT, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`a thread that only searches has no ${path}`)});`,
    }));
  },
};

/** Makes `bundle/explore.js` in a stepped tree, and beside it what it imports. */
async function bundle(tree: string): Promise<void> {
  const outdir = join(tree, 'bundle');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [join(tree, 'workers', 'explore.js')],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    minifyWhitespace: true,
    plugins: [leaveOut],
    logLevel: 'warning',
  });
}

treeScript(import.meta.url, bundle);
