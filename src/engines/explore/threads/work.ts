/** What an exploring thread can be asked for, and what it answers. */
import type { MessagePort } from 'node:worker_threads';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import type { JudgedAudit } from '../audit/judgedAudit.ts';
import type { ExploreOptions, ExploreResult } from '../explore.ts';
import type { PassedPoints } from '../failure/passedPoints.ts';
import type { ExploreFailure } from '../failure/report.ts';
import type { Stops, Way } from '../failure/stops.ts';
import type { Control } from '../plan/control.ts';
import type { Found } from '../plan/exploration.ts';
import type { Job, JobResult, SearchJob } from '../plan/job.ts';
import type { RoundResult } from '../plan/jobs.ts';
import type { List } from '../plan/list.ts';
import type { Measured } from '../plan/proof.ts';
import type { Learnt } from '../search/crew.ts';
import type { Share, ShareResult } from '../search/together.ts';

/** A scenario that need not be the one that a thread was started for. */
export interface AnyScenario {
  readonly scenario: string;
  readonly settings: DriverSettings;
  /** In place of its own, where its name does not say so. */
  readonly driver?: string | undefined;
  /** Names of its actors, as far as they are known. */
  readonly actors?: readonly string[];
}

/** A scenario that does not fit the driver. */
export interface Misfit {
  /** Why, in a sentence. */
  readonly misfit: string;
}

/** What a thread can be asked for, and what it answers. */
export interface Answers {
  start: { readonly work: { readonly kind: 'start' }; readonly answer: Started };
  job: { readonly work: { readonly kind: 'job'; readonly job: Job; readonly index: number }; readonly answer: JobResult };
  /** A part of a search that all threads make together. Where the thread is, when that is asked for, is said through the port. */
  share: {
    readonly work: {
      readonly kind: 'share';
      readonly job: SearchJob;
      readonly index: number;
      readonly share: Share;
      readonly port: MessagePort | null;
    };
    readonly answer: ShareResult;
  };
  /** The last question of such a search. */
  round: {
    readonly work: { readonly kind: 'round'; readonly job: SearchJob; readonly index: number; readonly learnt: Learnt };
    readonly answer: RoundResult;
  };
  /** All interleavings, of a scenario that counts for ever: see {@link runBySerials}. */
  bySerials: {
    readonly work: { readonly kind: 'bySerials'; readonly job: SearchJob; readonly index: number };
    readonly answer: JobResult | null;
  };
  /** What is left of such a search because it only counts, in one thread. */
  again: {
    readonly work: { readonly kind: 'again'; readonly job: SearchJob; readonly index: number; readonly first: JobResult };
    readonly answer: JobResult;
  };
  /** Which scenarios there seem to be for a driver: it is loaded, and nothing is set up. */
  list: { readonly work: { readonly kind: 'list'; readonly like?: string | undefined }; readonly answer: List };
  /** Nothing: the thread has started. */
  ready: { readonly work: { readonly kind: 'ready' }; readonly answer: null };
  /** Whether any scenario can be set up; if not, why it does not fit. */
  open: { readonly work: { readonly kind: 'open' } & AnyScenario; readonly answer: Started | Misfit };
  /** A job of any scenario, on the machine of the last one if that was of the same. */
  any: {
    readonly work: { readonly kind: 'any'; readonly job: Job; readonly index: number } & AnyScenario;
    readonly answer: JobResult;
  };
  /** The same, with how long it took and, if it is weighed, how much memory it had at its end. */
  measured: {
    readonly work: {
      readonly kind: 'measured';
      readonly job: Job;
      readonly index: number;
      readonly isWeighed: boolean;
    } & AnyScenario;
    readonly answer: Measured;
  };
  report: {
    /** `seconds` at most, unless the control says stop before. */
    readonly work: { readonly kind: 'report'; readonly found: Found; readonly options: ExploreOptions; readonly seconds: number };
    readonly answer: ExploreFailure;
  };
  /** Of a schedule that cannot be run to its end. */
  reportStuck: { readonly work: { readonly kind: 'reportStuck'; readonly found: Found }; readonly answer: ExploreFailure };
  replay: { readonly work: { readonly kind: 'replay'; readonly schedule: readonly number[] }; readonly answer: ExploreResult };
  /** Of a schedule in named points, or of a run without preemption. */
  points: { readonly work: { readonly kind: 'points'; readonly text: string | undefined }; readonly answer: PassedPoints };
  /** Of a schedule, or of one in named points: where its actors stop, and where they may stop instead. */
  stops: { readonly work: { readonly kind: 'stops'; readonly schedule: readonly number[] | string }; readonly answer: Stops };
  /** Of an actor that goes on alone after a schedule in named points; an empty one is the beginning. */
  way: { readonly work: { readonly kind: 'way'; readonly text: string; readonly actor: string }; readonly answer: Way };
  /** Of steps that others can come between, for `seconds` at most, unless the control says stop before. */
  audit: {
    readonly work: { readonly kind: 'audit'; readonly executions: number; readonly seed: number; readonly seconds: number };
    readonly answer: JudgedAudit;
  };
  follow: { readonly work: { readonly kind: 'follow'; readonly text: string }; readonly answer: ExploreResult };
}

export type Work = Answers[keyof Answers]['work'];
export type Answer<W extends Work> = Answers[W['kind']]['answer'];

/** A scenario that is ready. */
export interface Started {
  /** As results name it. */
  readonly scenario: string;
  readonly actors: readonly string[];
  /** Of a scenario of the user's: hash of the modules it is made of; else empty. */
  readonly sources: string;
  /** Without any a driver has nothing to do. */
  readonly devices: number;
  /** What its covers are, in words. */
  readonly covers: readonly string[];
}

/** Which scenario. */
export interface Subject {
  readonly scenario: string;
  readonly settings: DriverSettings;
  /** Name of the driver that the settings are meant for: that of the scenario, or one to take its place. */
  readonly driver?: string | undefined;
}

/** What a thread is sent. */
export interface Order extends Subject {
  readonly work: Work;
  readonly lane: number;
  readonly threads: number;
  readonly control: Control['words'];
  readonly pulse: SharedArrayBuffer;
}
