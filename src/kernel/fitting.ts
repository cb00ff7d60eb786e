/** The stages of a plan on the kernel that runs: of the places that come to the same, those that it has and takes. */
import { choose, type Trial } from './choose.ts';
import { possible, type Segment } from './plan.ts';
import { isBroken, type Race, type Round, runRounds, sendRace } from './race.ts';
import type { Kernel } from './scripts.ts';
import { AgentLost, type Session } from './session.ts';
import { type Stage, stageOrder } from './stages.ts';
import type { Way } from './ways.ts';

const TRIAL_ROUNDS = 4;
const PLACE_SECONDS = 60;

/** The agent is asked about each place once. */
function placesOf({ send, next }: Session, actors: readonly string[], way: Way): (stage: Stage) => Promise<boolean> {
  const known = new Map<string, boolean>();
  send(`probes ${way}`);
  return async (stage) => {
    const order = stageOrder({ ...stage, actor: actors[0] as string, times: 1 }, actors).replace('stage', 'place');
    const before = known.get(order);
    if (before !== undefined) return before;
    send(order);
    const has = (JSON.parse(await next(PLACE_SECONDS)) as { readonly place: number }).place === 1;
    known.set(order, has);
    return has;
  };
}

/** The stage that most rounds did not come to. */
function mostMissed(rounds: readonly Round[]): number {
  const firsts = rounds.filter(({ taken }) => !taken).map(({ reached }) => reached.indexOf(false));
  const count = (stage: number): number => firsts.filter((one) => one === stage).length;
  return [...new Set(firsts)].sort((one, other) => count(other) - count(one))[0] ?? -1;
}

export interface FittingOptions {
  readonly way?: Way;
  /** Words about the way, for the sentence that says that there is no place. */
  readonly how?: string;
  readonly onTrial?: (trial: Trial) => void;
}

/**
 * Tries the choices of a plan, a few rounds each. A kernel that crashes on the way has taken them: it does not do so otherwise.
 *
 * @throws UsageError when the kernel has no place for a stop.
 */
export async function fittingStages(
  kernel: Kernel,
  race: Race,
  segments: readonly Segment[],
  { way = 'auto', how = '', onTrial = () => {} }: FittingOptions = {},
): Promise<readonly Trial[]> {
  const asked = await kernel.session();
  const there = await possible(segments, placesOf(asked, race.actors, way), how);
  const tried = async (stages: readonly Stage[]): Promise<Trial> => {
    const rounds: Round[] = [];
    try {
      const session = await kernel.session();
      sendRace(session, race);
      await runRounds(session, race, { mode: 'aimed', stages, count: TRIAL_ROUNDS, way }, (round) => {
        if (!isBroken(round)) rounds.push(round);
      });
    } catch (error) {
      if (!(error instanceof AgentLost) || error.atStart) throw error;
      await kernel.stop();
      return { stages, rounds: 1, taken: 1, missed: -1 };
    }
    return { stages, rounds: TRIAL_ROUNDS, taken: rounds.filter(({ taken }) => taken).length, missed: mostMissed(rounds) };
  };
  return choose(there, async (stages) => {
    const trial = await tried(stages);
    onTrial(trial);
    return trial;
  });
}
