/** What a race is asked for and what it answers. Plain data: it crosses threads and becomes JSON as it is. */
import type { CounterName } from '../../arena/counters.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import type { Quantiles } from '../shared/histogram.ts';

/** `--delay NAME=1/4000:80us`: at one pass in `oneIn / of` of a point, wait. */
export interface DelaySpec {
  /** Name of the point. */
  readonly point: string;
  /** Probability of a delay at each pass, in (0, 1]. */
  readonly probability: number;
  readonly microseconds: number;
}

/** Everything that decides a race but the noise of the machine. */
export interface RaceOptions {
  /** Length of the race in seconds. */
  readonly seconds: number;
  readonly cpus: number;
  readonly devices: number;
  readonly migrators: number;
  readonly disturbers: number;
  /** Virtual pages the actors fight over. */
  readonly pages: number;
  /** Page frames of system memory. */
  readonly memory: number;
  /** Page frames of memory of each device. */
  readonly deviceMemory: number;
  /** Slots of the swap device, a page each; 0 for none, and then nothing is reclaimed. */
  readonly swap: number;
  /** There are huge pages: half of the system memory, and all that is mapped is advised to have them. */
  readonly huge: boolean;
  /** Name of a driver, or URL of a module whose default export is one. */
  readonly driver: string;
  readonly driverSettings: DriverSettings;
  readonly seed: number;
  /** Operations a second of each disturber, at random times; 0 is as fast as it can. */
  readonly rate: number;
  readonly delays: readonly DelaySpec[];
  /** Shake actors that hardly run at the same time (shaking.ts). */
  readonly shake: boolean;
  /** Lock checks (misuse, order). */
  readonly lockChecks: boolean;
  /** Mirror check at every driver unlock. */
  readonly mirrorChecks: boolean;
  /** Seconds without progress of an actor after which the watchdog speaks. */
  readonly watchdogSeconds: number;
  /** Seconds between two quiescent checks; 0 for none before the end. */
  readonly checkEverySeconds: number;
  /** A bug that was put into the model (hmm-lab bugs). */
  readonly bug?: string;
  /** Kills a worker in the middle, to see what that looks like. */
  readonly kill?: { readonly actor: string; readonly afterSeconds: number };
}

export type RaceVerdict = 'pass' | 'violation' | 'invalid' | 'interrupted';

/** A broken rule, with everything needed to look into it. */
export interface RaceViolation {
  /** Id of the rule (docs/oracles.md). */
  readonly rule: string;
  readonly message: string;
  /** Name of the actor that saw it (`cpu0`, `device1`), or `checker`, or `watchdog`. */
  readonly actor: string;
  /** Operation it was in. */
  readonly operation: string;
  /** The last points the actor had passed, oldest first. */
  readonly points: readonly string[];
  /** Locks it held. */
  readonly held: readonly string[];
  readonly stack?: string;
}

/** What an actor was at when the race ended. */
export interface ActorLog {
  readonly actor: string;
  /** Operation it was in. */
  readonly operation: string;
  /** The last points it had passed, oldest first. */
  readonly points: readonly string[];
  readonly held: readonly string[];
}

/** What a controlled search can begin with. */
export interface Sighting {
  readonly rule: string;
  /** Who saw it. */
  readonly actor: string;
  readonly log: readonly ActorLog[];
}

export interface LatencyRow extends Quantiles {
  readonly count: number;
}

export interface OverlapGauge {
  /** Operations during which another actor began or ended an invalidation, over what independence would give. */
  readonly gauge: number;
  readonly observed: number;
  readonly expected: number;
  /** Processor seconds used, over wall seconds: how many actors really ran at a time. */
  readonly coresUsed: number;
  /** Below this gauge a run without a violation is refused. */
  readonly required: number;
  /** Did the actors really run at the same time? */
  readonly valid: boolean;
}

/** How much there is of something, and how much a verdict needs. */
export interface Needed {
  readonly seen: number;
  readonly required: number;
}

/** What the verdict rests on. */
export interface Evidence {
  /** Without it no race passes. */
  readonly sufficient: boolean;
  /** Why it is not sufficient; null when it is. */
  readonly why: string | null;
  readonly operations: Needed;
  /** Different windows in which somebody stood while another one changed something, and how often that was. */
  readonly windows: Needed;
  readonly hits: Needed;
}

/** Random delays that the engine turned on by itself, because the actors hardly ran at the same time. */
export interface Shaken {
  /** Seconds after the start. */
  readonly sinceSeconds: number;
  /** The overlap gauge and the cores used until then. */
  readonly gauge: number;
  readonly coresUsed: number;
  /** At each point, with this probability, a sleep of up to so long. */
  readonly probability: number;
  readonly microseconds: number;
}

export interface RaceResult {
  readonly schema: 'hmm-lab/stress/1';
  readonly version: string;
  readonly verdict: RaceVerdict;
  readonly seed: number;
  readonly config: RaceOptions;
  /** Seconds the actors really raced. */
  readonly seconds: number;
  readonly counters: Readonly<Record<CounterName, number>>;
  /** null when the evidence is not sufficient, or the interleavings were made: then there is no number to give. */
  readonly retry: {
    /** Passes a device fault needed until it was stable. */
    readonly attemptsPerFault: { readonly mean: number; readonly p50: number; readonly p99: number; readonly max: number };
    /** Passes thrown away, over all passes. */
    readonly rate: number;
    /** Time from the first pass to a stable one. */
    readonly timeToStable: LatencyRow;
  } | null;
  /** By operation; empty when `retry` is null. */
  readonly latency: Readonly<Record<string, LatencyRow>>;
  readonly windows: {
    readonly total: number;
    readonly hit: number;
    /** By point: how often an actor stood there while another one changed something. */
    readonly hits: Readonly<Record<string, number>>;
  };
  readonly overlap: OverlapGauge;
  /** null when the actors ran at the same time by themselves. */
  readonly shaken: Shaken | null;
  readonly evidence: Evidence;
  readonly violations: readonly RaceViolation[];
  /** Of every actor, when a rule was broken; else empty. */
  readonly log: readonly ActorLog[];
  readonly confidence: {
    /** Operations without a violation. */
    readonly trials: number;
    /** With 95 % confidence fewer violations than this an operation: 3 / trials. null unless the run passed without being shaken. */
    readonly boundPerOperation: number | null;
    readonly text: string;
  };
  /** The command that does the same again. */
  readonly command: string;
}

/** A live sample, a few times a second. */
export interface RaceProgress {
  readonly elapsedSeconds: number;
  readonly counters: Readonly<Record<CounterName, number>>;
  readonly checks: number;
}

/** Hooks of a run; all are optional. */
export interface RaceHooks {
  readonly onProgress?: (progress: RaceProgress) => void;
  /** The engine has turned random delays on. */
  readonly onShaken?: (shaken: Shaken) => void;
  /** Abort it to stop the race early; the result then has verdict `interrupted` unless something was found. */
  readonly signal?: AbortSignal;
}
