/** The code of the tree that runs. A model with a bug that is made in a thread brings a text of its own (mutation/instance.ts). */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { plainModule } from '../build/plainModule.ts';

const extension = extname(new URL(import.meta.url).pathname);

/** A module by its path below `src` without extension, without what the build put in. */
export const treeText = (module: string): string =>
  plainModule(readFileSync(new URL(`../${module}${extension}`, import.meta.url), 'utf8'));
