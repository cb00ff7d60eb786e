/** Somebody who leads actors of a scenario along one schedule after another, and looks where they come to. */
import type { Way } from '../failure/stops.ts';
import { type Driven, inOneThread } from './oneThread.ts';

/** Schedules are in named points; an empty one is the beginning. */
export interface Walker {
  /** What an actor comes to if it goes on alone after a schedule. */
  readonly way: (schedule: string, actor: string) => Promise<Way>;
  /** The rule that a schedule breaks, if it does. */
  readonly rule: (schedule: string) => Promise<string | null>;
}

/**
 * Has somebody walk in a scenario, in one thread.
 *
 * @throws UsageError for a scenario that cannot be set up, and when a step does not end.
 */
export const walkIn = <T>(scenario: string, subject: Driven, walk: (walker: Walker) => Promise<T>): Promise<T> =>
  inOneThread(scenario, subject, 'ways', (threads) =>
    walk({
      way: (text, actor) => threads.run({ kind: 'way', text, actor }),
      rule: async (text) => (await threads.run({ kind: 'points', text })).failure?.rule ?? null,
    }),
  );
