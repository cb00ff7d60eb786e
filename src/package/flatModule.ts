/** The flat tree, whose operations are generators that do not call each other. It lies beside the others: all come from one build. */
import { extname } from 'node:path';

const extension = extname(new URL(import.meta.url).pathname);

/** URL of a module below `src` in the flat tree; in this very tree where Node runs the sources as they are. */
export const flatModule = (module: string): URL =>
  new URL(`${extension === '.ts' ? '../' : '../../../flat/src/'}${module}${extension}`, import.meta.url);
