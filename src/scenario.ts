/**
 * What scenarios of the user's are written with (`import { ... } from 'hmm-lab/scenario'`): the operations of the built-in
 * ones, and the small machine they run on. `hmm-lab` itself has the model, for operations of one's own.
 */
export type { Finding } from './oracles/finding.ts';
export type { CounterCover, Cover, EndCover, Place, PlaceCover } from './scenarios/kit/covers.ts';
export * from './scenarios/kit/operations.ts';
export type { UserPlan } from './scenarios/kit/plan.ts';
export type { SmallMachine, SmallOptions } from './scenarios/kit/smallMachine.ts';
export { addMirror, FIRST, fillPage, readPage } from './scenarios/kit/smallMachine.ts';
