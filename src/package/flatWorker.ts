/** The flat tree, for engines that make many steps. It lies beside the others: all come from one build. */
import { extname } from 'node:path';
import { workerUrl } from './workerUrl.ts';

const extension = extname(new URL(import.meta.url).pathname);

/** The entry `workers/<name>` of the flat tree; of this very tree where Node runs the sources as they are. */
export const flatWorker = (name: string): URL =>
  extension === '.ts' ? workerUrl(name) : new URL(`../../../flat/workers/${name}${extension}`, import.meta.url);
