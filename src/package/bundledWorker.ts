/** Entries that the build has put together with what they load (build/bundle.ts). */
import { extname } from 'node:path';
import { activeBug } from './activeBug.ts';
import { workerUrl } from './workerUrl.ts';

const isBuilt = extname(new URL(import.meta.url).pathname) === '.js';

/** The entry `workers/<name>` of this tree, bundled. In a tree with a bug, and where Node runs the sources directly, it is the module. */
export const bundledWorker = (name: string): URL =>
  isBuilt && activeBug === null ? new URL(`../../bundle/${name}.js`, import.meta.url) : workerUrl(name);
