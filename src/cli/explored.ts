/**
 * The explorer runs generators as they are written: it lives in the stepped tree, and the program in the erased one. Both come
 * from one build and lie side by side.
 */
import type * as Catalogue from '../engines/explore/catalogue.ts';
import type * as Explore from '../engines/explore/explore.ts';
import type * as NamedSchedule from '../engines/explore/namedSchedule.ts';
import type * as Parallel from '../engines/explore/parallel.ts';
import type * as Token from '../engines/explore/token.ts';
import { erased } from '../steps/steps.ts';

function stepped<T>(module: string): Promise<T> {
  const base = erased ? '../../../stepped/src/' : '../';
  return import(new URL(`${base}engines/explore/${module}.js`, import.meta.url).href) as Promise<T>;
}

export const loadExplorer = async () => ({
  ...(await stepped<typeof Catalogue>('catalogue')),
  ...(await stepped<typeof Explore>('explore')),
  ...(await stepped<typeof NamedSchedule>('namedSchedule')),
  ...(await stepped<typeof Parallel>('parallel')),
  ...(await stepped<typeof Token>('token')),
});
