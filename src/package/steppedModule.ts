/** The stepped tree, where operations are generators. It lies beside the erased one: both come from one build. */
import { extname } from 'node:path';
import { erased } from '../steps/steps.ts';

const extension = extname(new URL(import.meta.url).pathname);

/** URL of a module below `src`, in the stepped tree of this build. */
export const steppedModule = (module: string): URL =>
  new URL(`${erased ? '../../../stepped/src/' : '../'}${module}${extension}`, import.meta.url);
