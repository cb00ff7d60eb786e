/** Open-loop workload: when things are due, whether or not the last one is done. A slow system does not slow its workload down. */
import type { RandomStream } from './random.ts';

export const arrivalKinds = ['poisson', 'periodic', 'bursty', 'paced'] as const;
export type ArrivalKind = (typeof arrivalKinds)[number];

/** Arrivals of a burst, and how much faster than on average they come. */
const BURST = 16;
const BURST_SPEED = 10;

/** Times of arrivals: each call gives the next one, in nanoseconds from 0. `now` is when it is asked. */
export type Arrivals = (now: number) => number;

const exponential = (random: RandomStream, mean: number): number => -Math.log(1 - random.unit()) * mean;

/**
 * Arrivals at a mean rate, a second. `poisson`: independent of each other. `periodic`: evenly spaced, from a random phase.
 * `bursty`: bursts of 16 at random times, ten times as fast inside a burst as on average. `paced` is no open loop: the next one
 * is due a pause after the last one ended, half to one and a half times the mean, as of a program that sleeps in its loop.
 */
export function arrivals(kind: ArrivalKind, ratePerSecond: number, random: RandomStream): Arrivals {
  const mean = 1e9 / ratePerSecond;
  if (kind === 'paced') return (now) => now + mean * (0.5 + random.unit());
  if (kind === 'periodic') {
    let next = random.unit() * mean - mean;
    return () => {
      next += mean;
      return next;
    };
  }
  let at = 0;
  if (kind === 'poisson') {
    return () => {
      at += exponential(random, mean);
      return at;
    };
  }
  const spacing = mean / BURST_SPEED;
  let left = 0;
  return () => {
    if (left === 0) {
      left = BURST;
      // The burst itself takes time: the pause before it is shorter by that, so that the mean rate is kept.
      at += exponential(random, BURST * mean - (BURST - 1) * spacing);
    } else {
      at += spacing;
    }
    left--;
    return at;
  };
}
