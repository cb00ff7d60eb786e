/** Which scenarios of the catalogue are like what a race was at when it broke a rule: by the points that its actors passed. */
import type { Scenario } from '../../scenarios/kit/scenario.ts';
import { points } from '../../steps/points.ts';
import { Executor } from '../explore/machine/execution.ts';
import { playable } from '../explore/plan/catalogue.ts';
import { driverNamed } from '../explore/plan/driverNamed.ts';
import type { Sighting } from '../race/types.ts';

/** What is known of an actor: the points it passes. */
type Trail = ReadonlySet<string>;

/** The points each actor of a scenario passes when one after another runs to its end, in order and in reverse. */
function trailsOf(scenario: Scenario): Trail[] {
  const executor = new Executor(scenario, null);
  const trails = Array.from({ length: executor.count }, () => new Set<string>());
  const runnable = new Uint8Array(executor.count);
  for (const last of [false, true]) {
    executor.reset();
    for (let n = executor.runnable(runnable); n > 0 && executor.steps < executor.limit; n = executor.runnable(runnable)) {
      const actor = runnable[last ? n - 1 : 0] as number;
      trails[actor]?.add(points[executor.at[actor] as number]?.name ?? '?');
      if (executor.step(actor) !== null) break;
    }
  }
  return trails;
}

/** Share of what an actor of the race passed that an actor of a scenario passes too; rare points count for more. */
function likeness(seen: Trail, trail: Trail, weight: (point: string) => number): number {
  let [common, all] = [0, 0];
  for (const point of seen) {
    all += weight(point);
    if (trail.has(point)) common += weight(point);
  }
  return all === 0 ? 0 : common / all;
}

/** Weight of the actor that saw the violation: it was there for certain. */
const WITNESS = 2;

/** How well the actors of a scenario stand for different actors of the race: those most alike are paired first. */
function score(trails: readonly Trail[], seen: readonly Trail[], witness: number, weight: (point: string) => number): number {
  const pairs = trails.flatMap((trail, own) =>
    seen.map((other, its) => ({ own, its, worth: likeness(other, trail, weight) * (its === witness ? WITNESS : 1) })),
  );
  pairs.sort((a, b) => b.worth - a.worth);
  const [owns, others] = [new Set<number>(), new Set<number>()];
  let total = 0;
  for (const { own, its, worth } of pairs) {
    if (owns.has(own) || others.has(its)) continue;
    owns.add(own);
    others.add(its);
    total += worth;
  }
  // An actor that stands for nobody only makes the search longer.
  return total / (trails.length + (witness === -1 ? 0 : WITNESS - 1));
}

/** A moment for timers and signals. */
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Names of the scenarios with a driver of the lab, the most alike first. Those with a single actor are left out, and those with a
 * swap device where the race had none. Without a log it is the order of the catalogue.
 */
export async function fittingScenarios({ actor, log }: Sighting, { driver = 'dmirror', swap = false } = {}): Promise<string[]> {
  const candidates: { readonly name: string; readonly trails: readonly Trail[] }[] = [];
  const { driver: played, shown } = await driverNamed(driver);
  for (const scenario of playable(played, {}, shown).scenarios) {
    if (scenario.prepare().arena.hasSwap && !swap) continue;
    const trails = trailsOf(scenario);
    if (trails.length > 1) candidates.push({ name: scenario.name, trails });
    await breath();
  }
  const passedBy = new Map<string, number>();
  for (const { trails } of candidates) {
    for (const trail of trails) for (const point of trail) passedBy.set(point, (passedBy.get(point) ?? 0) + 1);
  }
  const weight = (point: string): number => 1 / (passedBy.get(point) ?? Number.POSITIVE_INFINITY);
  const seen = log.map((entry) => new Set(entry.points));
  const witness = log.findIndex((entry) => entry.actor === actor);
  return candidates
    .map(({ name, trails }) => ({ name, worth: score(trails, seen, witness, weight) }))
    .sort((a, b) => b.worth - a.worth)
    .map(({ name }) => name);
}
