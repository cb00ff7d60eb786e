/**
 * hmm-lab: a race laboratory for Linux heterogeneous memory management.
 *
 * Three doors: {@link Lab} scripts actors one call at a time; {@link race} lets them all loose; and the model itself (`hmm-lab/model`)
 * is what driver modules are written against. Operations of the model (`Steps<T>`) are generators in the sources and plain
 * functions in this build: call them through {@link run}, which suits both.
 */

export { raceOptions } from './engines/race/command.ts';
export { race } from './engines/race/race.ts';
export type {
  DelaySpec,
  RaceHooks,
  RaceOptions,
  RaceProgress,
  RaceResult,
  RaceVerdict,
  RaceViolation,
} from './engines/race/types.ts';
export type { LabOptions } from './engines/script/lab.ts';
export { CpuActor, DeviceActor, Lab } from './engines/script/lab.ts';
export type { AddressSpace, Device } from './engines/script/places.ts';
export { ModelError } from './engines/script/places.ts';
export type { Access } from './engines/script/scripted.ts';
export { UsageError } from './input/usageError.ts';
export * from './model.ts';
export { version } from './package/version.ts';
