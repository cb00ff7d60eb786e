/**
 * hmm-lab: a race laboratory for Linux heterogeneous memory management.
 *
 * Three doors: what the commands do, each a call ({@link explore}, {@link search}, {@link race}, {@link measure} and the others);
 * {@link Lab}, which scripts actors one call at a time; and the model itself (`hmm-lab/model`), which driver modules are written
 * against. Operations of the model (`Steps<T>`) are generators in the sources and plain functions in this build: call them through
 * {@link run}, which suits both.
 */

export type { Bug, Edit, Mutation } from './bugs/bug.ts';
export type { MeasureEngine } from './engines/cell/cellTypes.ts';
export type { Difference } from './engines/conformance/replay.ts';
export type { JudgedAudit } from './engines/explore/audit/judgedAudit.ts';
export type { ExploreFailure, ExploreResult, ExploreVerdict } from './engines/explore/explore.ts';
export type { PassedPoints } from './engines/explore/failure/passedPoints.ts';
export type { Failure } from './engines/explore/machine/failure.ts';
export type { ProofFailure, ProofRow } from './engines/explore/plan/proof.ts';
export type { ProveResult } from './engines/explore/plan/proofResult.ts';
export type { SurveyResult } from './engines/explore/plan/surveyResult.ts';
export type { ProveProgress } from './engines/explore/threads/prove.ts';
export type { ExploreProgress } from './engines/explore/threads/supervised.ts';
export type { HuntOptions, HuntProgress } from './engines/hunt/hunt.ts';
export type { HuntResult, HuntRow } from './engines/hunt/huntResult.ts';
export type { FuzzFind, FuzzProgress, FuzzResult } from './engines/matrix/fuzzResult.ts';
export type { MatrixCell, MatrixResult } from './engines/matrix/matrixResult.ts';
export type { MeasureResult, MeasureVerdict } from './engines/measure/result.ts';
export type { PlainRow } from './engines/measure/row.ts';
export type { SweepProgress } from './engines/measure/runSweep.ts';
export { raceOptions } from './engines/race/command.ts';
export type { DelaySpec, RaceOptions, RaceProgress, RaceResult, RaceVerdict, RaceViolation } from './engines/race/types.ts';
export type { Reproduced } from './engines/reproduce/reproduce.ts';
export type { Answers, RoundsProgress, RoundsResult, RoundsViolation } from './engines/rounds/types.ts';
export type { LabOptions } from './engines/script/lab.ts';
export { CpuActor, DeviceActor, Lab } from './engines/script/lab.ts';
export type { AddressSpace, Device } from './engines/script/places.ts';
export { ModelError } from './engines/script/places.ts';
export type { Access } from './engines/script/scripted.ts';
export type { TimedRow } from './engines/simulate/timedProgram.ts';
export { UsageError } from './input/usageError.ts';
export { type AuditReport, type AuditRequest, audit } from './library/audit.ts';
export type { Hooks, Result } from './library/call.ts';
export {
  type Agreement,
  type ConformanceProgress,
  type ConformanceReport,
  type ConformanceRequest,
  conformance,
} from './library/conformance.ts';
export { type ExploreHooks, type ExploreReport, type ExploreRequest, explore } from './library/explore.ts';
export { type ExploreAllReport, type ExploreAllRequest, exploreAll } from './library/exploreAll.ts';
export {
  exploreTrace,
  type TraceProgramReport,
  type TraceReport,
  type TraceRequest,
  traceProgram,
} from './library/exploreTrace.ts';
export { type FuzzHooks, type FuzzReport, type FuzzRequest, fuzz } from './library/fuzz.ts';
export { type HuntReport, type HuntRequest, hunt } from './library/hunt.ts';
export { type MatrixHooks, type MatrixReport, type MatrixRequest, matrix } from './library/matrix.ts';
export { measure } from './library/measure.ts';
export type { MeasureRequest } from './library/measureRequest.ts';
export { type MergeRequest, merge } from './library/merge.ts';
export { type MergedReport, type MergeReportsRequest, mergeReports } from './library/mergeReports.ts';
export { type PassedPointsReport, type PassedPointsRequest, passedPoints } from './library/passedPoints.ts';
export { type ProveHooks, type ProveReport, type ProveRequest, prove } from './library/prove.ts';
export { type RaceHooks, type RaceReport, type RaceRequest, race } from './library/race.ts';
export { type ReplayReport, type ReplayRequest, replay } from './library/replay.ts';
export { type ScenarioEntry, type ScenarioList, scenarios } from './library/scenarios.ts';
export { type SearchRequest, search } from './library/search.ts';
export { type SimulateProgress, type SimulateReport, type SimulateRequest, simulate } from './library/simulate.ts';
export { type StressReport, type StressRequest, stress } from './library/stress.ts';
export type { DriverRequest, ScenarioRequest } from './library/subject.ts';
export * from './model.ts';
export { version } from './package/version.ts';
export type { Answer } from './programs/answer.ts';
export type { TraceProgram, TraceResult } from './trace/result.ts';
