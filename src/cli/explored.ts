/**
 * The explorer and the simulator run generators as they are written: they live in the stepped tree, and the program in the
 * erased one. Both come from one build and lie side by side.
 */
import type * as Catalogue from '../engines/explore/catalogue.ts';
import type * as Explore from '../engines/explore/explore.ts';
import type * as Token from '../engines/explore/token.ts';
import type * as Simulate from '../engines/simulate/engine.ts';
import { erased } from '../steps/steps.ts';

function stepped<T>(module: string): Promise<T> {
  const base = erased ? '../../../stepped/src/' : '../';
  return import(new URL(`${base}engines/${module}.js`, import.meta.url).href) as Promise<T>;
}

export const loadExplorer = async () => ({
  ...(await stepped<typeof Catalogue>('explore/catalogue')),
  ...(await stepped<typeof Explore>('explore/explore')),
  ...(await stepped<typeof Token>('explore/token')),
});

export const loadSimulator = () => stepped<typeof Simulate>('simulate/engine');
