/** A trace as a whole: what is in the file, the program that it shows, and whether it keeps the protocols. */
import { basename } from 'node:path';
import { automata } from './automata.ts';
import type { ProtocolChecked } from './automaton.ts';
import { type Race, raceIn } from './race.ts';
import { readTrace, type TraceFacts } from './reader.ts';
import { type Skeleton, skeletonOf } from './skeleton.ts';
import { type Done, Threads } from './threads.ts';

/** Operations that are kept to look for a race in: the first ones. */
const MOST_OPERATIONS = 20_000;
/** Functions in all of them. */
const MOST_STEPS = 500_000;

export interface Traced {
  readonly facts: TraceFacts;
  readonly protocols: readonly ProtocolChecked[];
  /** Null where no operations of two threads meet. */
  readonly race: Race | null;
  readonly skeleton: Skeleton | null;
  /** Operations that were recognised. */
  readonly operations: number;
  /** Those that were looked at for a race: the first ones. */
  readonly kept: number;
  /** What threads went through that is no operation of the language, and how often. */
  readonly unknown: Readonly<Record<string, number>>;
}

/**
 * Reads a trace once, and keeps of it what is needed.
 *
 * @throws UsageError as {@link readTrace}.
 */
export async function traced(file: string, signal?: AbortSignal): Promise<Traced> {
  const all: Done[] = [];
  const unknown: Record<string, number> = {};
  let [operations, steps] = [0, 0];
  const threads = new Threads((done) => {
    if (done.name === null) {
      if (done.what !== '') unknown[done.what] = (unknown[done.what] ?? 0) + 1;
      return;
    }
    operations++;
    if (all.length === MOST_OPERATIONS || steps > MOST_STEPS) return;
    steps += done.steps.length;
    all.push(done);
  });
  const protocols = automata();
  const facts = await readTrace(
    file,
    {
      event: (event) => {
        threads.event(event);
        for (const protocol of protocols) protocol.event(event);
      },
      lost: () => {
        threads.lost();
        for (const protocol of protocols) protocol.lost();
      },
    },
    signal,
  );
  threads.end();
  const race = raceIn(all);
  return {
    facts,
    protocols: protocols.map((one) => ({ protocol: one.protocol, ...one.result() })),
    race,
    skeleton: race === null ? null : skeletonOf(race, threads.opened, basename(file)),
    operations,
    kept: all.length,
    unknown,
  };
}
