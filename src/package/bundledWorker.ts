/** An entry in one file with all that it loads (build/bundle.ts). */
import { extname } from 'node:path';
import { activeBug } from './activeBug.ts';
import { workerUrl } from './workerUrl.ts';

const isBuilt = extname(new URL(import.meta.url).pathname) === '.js';

/** The entry `workers/<name>` of this tree in one file; as it is in a tree with a bug, and where Node runs the sources directly. */
export const bundledWorker = (name: string): URL =>
  isBuilt && activeBug === null ? new URL(`../../bundle/${name}.js`, import.meta.url) : workerUrl(name);
