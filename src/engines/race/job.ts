/** What a racing thread is told and what it answers. */
import type { Role } from '../../actors/roles.ts';
import type { ArenaBuffers } from '../../arena/arena.ts';
import type { MixedPlaces } from '../../scenarios/mixed.ts';
import type { HistogramData } from '../shared/histogram.ts';
import type { RaceViolation } from './types.ts';

export interface PointDelay {
  readonly point: number;
  readonly probability: number;
  readonly milliseconds: number;
}

export interface ActorJob {
  readonly buffers: ArenaBuffers;
  readonly ledger: SharedArrayBuffer;
  /** Actor number, and the number of actors the start barrier waits for. */
  readonly id: number;
  readonly parties: number;
  readonly role: Role;
  readonly index: number;
  readonly places: MixedPlaces;
  /** Name or URL, and the id the main thread registered it under. */
  readonly driver: string;
  readonly driverId: number;
  readonly seed: number;
  readonly rate: number;
  readonly delays: readonly PointDelay[];
  readonly lockChecks: boolean;
  readonly mirrorChecks: boolean;
  /** Of all actors (vitals.ts). */
  readonly vitals: SharedArrayBuffer;
  /** The word of shaking.ts. */
  readonly shaking: SharedArrayBuffer;
}

export interface ActorReport {
  readonly id: number;
  readonly violation: RaceViolation | null;
  /** True when the engine told the actor to give up in the middle of an operation. */
  readonly aborted: boolean;
  /** Durations by operation name, in nanoseconds. */
  readonly latency: Readonly<Record<string, HistogramData>>;
  readonly attempts: HistogramData;
  readonly timeToStable: HistogramData;
  /** By point id: how often the actor stood there while another changed something. */
  readonly hits: readonly number[];
}

export const actorName = (role: Role, index: number): string => `${role}${index}`;
