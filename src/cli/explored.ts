/**
 * The explorer runs generators as they are written: it lives in the stepped tree, and the program in the erased one. Both come from
 * one build and lie side by side. A model with a bug in it is a copy of the stepped tree, with the explorer in it.
 */
import type { Mutation } from '../bugs/bug.ts';
import type * as Audit from '../engines/explore/audit/auditNamed.ts';
import type * as Explore from '../engines/explore/explore.ts';
import type * as Token from '../engines/explore/failure/token.ts';
import type * as Catalogue from '../engines/explore/plan/catalogue.ts';
import type * as Load from '../engines/explore/plan/importScenario.ts';
import type * as Parallel from '../engines/explore/threads/parallel.ts';
import type * as Survey from '../engines/explore/threads/survey.ts';
import type * as Fitting from '../engines/reproduce/fitting.ts';
import type * as Trace from '../engines/reproduce/reproduce.ts';
import { steppedModule } from '../package/steppedModule.ts';

const treeOf = async (bug?: Mutation): Promise<(module: string) => URL> =>
  bug === undefined ? steppedModule : (await import('../mutation/mutate.ts')).mutatedTree(bug).urlOf;

/** The explorer, of the model as it is or with a bug. @throws UsageError when the bug does not fit the model. */
export async function importExplorer(bug?: Mutation) {
  const urlOf = await treeOf(bug);
  const load = <T>(module: string): Promise<T> => import(urlOf(`engines/explore/${module}`).href) as Promise<T>;
  return {
    ...(await load<typeof Catalogue>('plan/catalogue')),
    ...(await load<typeof Explore>('explore')),
    ...(await load<typeof Parallel>('threads/parallel')),
    ...(await load<typeof Token>('failure/token')),
    ...(await load<typeof Load>('plan/importScenario')),
  };
}

/** The audit of steps, of the model as it is or with a bug. @throws UsageError when the bug does not fit the model. */
export async function importAudit(bug?: Mutation) {
  return (await import((await treeOf(bug))('engines/explore/audit/auditNamed').href)) as typeof Audit;
}

/** The explorer of all scenarios, of the model as it is or with a bug. @throws UsageError when the bug does not fit the model. */
export async function importSurvey(bug?: Mutation) {
  const urlOf = await treeOf(bug);
  return (await import(urlOf('engines/explore/threads/survey').href)) as typeof Survey;
}

/** The way from a race to a trace: what scenarios do is asked of the model as it is, also when there is a bug in it. */
export async function importReproducer(bug?: Mutation) {
  const urlOf = await treeOf(bug);
  return {
    ...((await import(steppedModule('engines/reproduce/fitting').href)) as typeof Fitting),
    ...((await import(urlOf('engines/reproduce/reproduce').href)) as typeof Trace),
  };
}
