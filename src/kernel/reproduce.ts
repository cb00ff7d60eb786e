/** A schedule on a real kernel: so many rounds along its stages, as many without, and as many with one actor after another. */

import { UsageError } from '../input/usageError.ts';
import type { Program } from '../programs/program.ts';
import { demandDriver, factsOf, type KernelFacts } from './check.ts';
import type { Trial } from './choose.ts';
import { fittingStages } from './fitting.ts';
import { type Serial, serialOf, wrongIn } from './judge.ts';
import type { Segment } from './plan.ts';
import { type BrokenRound, isBroken, type Mode, type Race, type Round, raceOf, runRounds, sendRace } from './race.ts';
import { withKernel } from './record.ts';
import type { Kernel } from './scripts.ts';
import { AgentLost, type Place } from './session.ts';
import type { Stage } from './stages.ts';
import { demandProbes, fallBack, howProbed, type Way } from './ways.ts';

/** Rounds of one kind. */
export interface Tally {
  readonly mode: Mode;
  readonly rounds: number;
  /** Rounds in which every stage was reached in order. */
  readonly taken: number;
  /** Rounds that were taken, in which one waited for another one that was held after the last stop. */
  readonly waited: number;
  /** Rounds in which something was wrong, and those of them that were taken. */
  readonly violated: number;
  readonly violatedTaken: number;
  /** Of each stage: rounds in which it was the first that was not reached. */
  readonly missed: readonly number[];
  /** What was wrong first. */
  readonly example: string | undefined;
  readonly crashes: number;
}

export interface Reproduced {
  readonly facts: KernelFacts;
  /** Those that were taken, or tried. */
  readonly stages: readonly Stage[];
  /** How each stage was probed: `fentry`, `module`, `kprobe`; '' where it is none. */
  readonly probed: readonly string[];
  /** What was done without, in a sentence. */
  readonly fallBack: string | undefined;
  /** How many choices of stages were tried first. */
  readonly trials: number;
  readonly tallies: readonly Tally[];
  readonly interrupted: boolean;
}

export interface ReproduceRequest {
  readonly program: Program;
  /** Stages as they are to be; or segments, of which each has several places that come to the same. */
  readonly stages: readonly Stage[] | { readonly segments: readonly Segment[] };
  readonly rounds: Rounds;
  readonly way?: Way | undefined;
}

/** How many rounds: along the stages, and without them. Of those that must all be right, one actor after another, there are twice as many as along the stages. */
export interface Rounds {
  readonly aimed: number;
  readonly free: number;
}

/** Counts rounds. */
class Counts {
  readonly #race: Race;
  readonly #serial: Serial;
  readonly mode: Mode;
  readonly #missed: number[];
  #example: string | undefined;
  rounds = 0;
  #taken = 0;
  #waited = 0;
  #violated = 0;
  #violatedTaken = 0;
  #crashes = 0;

  constructor(race: Race, serial: Serial, mode: Mode, stages: number) {
    this.#race = race;
    this.#serial = serial;
    this.mode = mode;
    this.#missed = Array.from({ length: mode === 'aimed' ? stages : 0 }, () => 0);
  }

  add(round: Round | BrokenRound): void {
    this.rounds++;
    if (isBroken(round)) {
      this.#violate(`the process of the round ended by itself (status ${round.status})`, false);
      return;
    }
    const { taken, waited, reached } = round;
    if (taken) this.#taken++;
    if (taken && waited) this.#waited++;
    const first = reached.indexOf(false);
    if (this.mode === 'aimed' && !taken && first >= 0) this.#missed[first] = (this.#missed[first] ?? 0) + 1;
    const wrong = wrongIn(this.#race, round, this.#serial);
    if (wrong !== null) this.#violate(wrong, taken);
  }

  crashed(error: AgentLost): void {
    this.rounds++;
    this.#crashes++;
    const why = error.lastLines.find((line) => /BUG:|Oops|panic/.test(line)) ?? error.message;
    this.#violate(`the kernel crashed: ${why}`, false);
  }

  #violate(what: string, taken: boolean): void {
    this.#violated++;
    if (taken) this.#violatedTaken++;
    this.#example ??= what;
  }

  get tally(): Tally {
    const { mode, rounds } = this;
    const [taken, waited, violated, violatedTaken] = [this.#taken, this.#waited, this.#violated, this.#violatedTaken];
    return {
      mode,
      rounds,
      taken,
      waited,
      violated,
      violatedTaken,
      missed: this.#missed,
      example: this.#example,
      crashes: this.#crashes,
    };
  }
}

/** All orders of the actors. */
export function ordersOf(actors: readonly string[]): string[][] {
  if (actors.length < 2) return [[...actors]];
  return actors.flatMap((first) => ordersOf(actors.filter((one) => one !== first)).map((rest) => [first, ...rest]));
}

/** What comes out when one actor comes after another, whatever the order. */
async function serialValues(kernel: Kernel, race: Race): Promise<Serial> {
  const session = await kernel.session();
  sendRace(session, race);
  const rounds: Round[] = [];
  for (const order of ordersOf(race.actors)) {
    const stages = order.map((actor) => ({ actor, place: 'done', times: 1 }) as const);
    await runRounds(session, race, { mode: 'aimed', stages, count: 1 }, (round) => {
      if (isBroken(round)) throw new UsageError('the program does not run on this kernel: its process ends by itself');
      rounds.push(round);
    });
  }
  return serialOf(race, rounds);
}

const MODES = ['aimed', 'free', 'serial'] as const;

/** How many rounds there are of a mode. */
export const roundsOf = (mode: Mode, { aimed, free }: Rounds): number => ({ aimed, free, serial: 2 * aimed })[mode];

export interface ReproduceHooks {
  readonly signal: AbortSignal;
  readonly onRound: (mode: Mode, done: number) => void;
  /** Stages were tried. */
  readonly onTrial: (trial: Trial) => void;
}

/**
 * Runs a schedule. Null when it was stopped before there was anything.
 *
 * @throws UsageError where the kernel lacks what it takes, or a function that a stage names.
 */
export function reproduce(
  where: Place | Kernel,
  { program, stages: asked, rounds, way = 'auto' }: ReproduceRequest,
  { signal, onRound, onTrial }: ReproduceHooks,
): Promise<Reproduced | null> {
  const race = raceOf(program);
  return withKernel<Reproduced | null>(where, signal, async (kernel) => {
    const facts = await factsOf(kernel);
    demandDriver(facts);
    demandProbes(facts, way);
    const serial = await serialValues(kernel, race);
    const trials =
      'segments' in asked ? await fittingStages(kernel, race, asked.segments, { way, how: howProbed(facts, way), onTrial }) : [];
    const stages = 'segments' in asked ? (trials.at(-1)?.stages ?? []) : asked;
    let probed: readonly string[] = stages.map(() => '');
    const tallies: Tally[] = [];
    for (const mode of MODES) {
      const counts = new Counts(race, serial, mode, stages.length);
      const count = roundsOf(mode, rounds);
      while (counts.rounds < count && !signal.aborted) {
        try {
          const session = await kernel.session();
          sendRace(session, race);
          const asked = { mode, stages, count: count - counts.rounds, way };
          const ways = await runRounds(session, race, asked, (round) => {
            counts.add(round);
            onRound(mode, counts.rounds);
          });
          if (mode === 'aimed') probed = ways;
        } catch (error) {
          if (!(error instanceof AgentLost)) throw error;
          // It was stopped, and did not crash: what there is is told.
          if (signal.aborted) break;
          if (error.atStart) throw error;
          counts.crashed(error);
          await kernel.stop();
        }
      }
      if (counts.rounds > 0) tallies.push(counts.tally);
    }
    if (tallies.length === 0) return null;
    return { facts, stages, probed, fallBack: fallBack(facts, way), trials: trials.length, tallies, interrupted: signal.aborted };
  });
}
