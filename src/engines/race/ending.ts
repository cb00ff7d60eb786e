/** How a race comes to its end: the actors stop, politely if they can, and everything is checked once more. */

import { Violation } from '../../arena/violation.ts';
import { STOP_ABORT } from '../../sync/wait.ts';
import { sleep } from '../shared/sleep.ts';
import { defaultRace } from './command.ts';
import { checkerViolation, type Race } from './gang.ts';

/** Time an actor has to come to the end of its operation, and then to give up its waits, before its thread is ended. */
const STOP_GRACE_MS = 700;
const START_GRACE_MS = 10_000;
const ABORT_GRACE_MS = 500;
const TICK_MS = 20;

/** Waits for `all`, at most so long; leaves no timer behind that would keep the process. */
async function within(all: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([all, late]);
  clearTimeout(timer);
}

/**
 * Waits for actors that are late until the watchdog says that one of them will never come, and why. On a busy machine an actor may
 * be late for no fault of its own. Who interrupts a race does not want to wait, and is told nothing about who was late.
 */
async function waitForLate(race: Race): Promise<void> {
  const limitMs = 1000 * Math.min(race.options.watchdogSeconds, defaultRace.watchdogSeconds);
  while (race.running.size > 0 && race.violations.length === 0 && !race.interrupted) {
    const stuck = race.watchdog.check(performance.now(), limitMs);
    if (stuck === null) await sleep(TICK_MS);
    else race.violations.push(stuck);
  }
}

/** Brings every actor to an end: first politely, then out of its waits; what is left dies with the pool. */
export async function endRace(race: Race, all: Promise<void>): Promise<void> {
  race.stop();
  // Threads that are still loading see the stop at the barrier. They are waited for: ending a thread in the middle of its
  // start can bring the whole process down.
  await within(all, race.started ? STOP_GRACE_MS : START_GRACE_MS);
  if (!race.started) return;
  await waitForLate(race);
  if (race.running.size === 0) return;
  race.stop(STOP_ABORT);
  await within(all, ABORT_GRACE_MS);
}

/** The last checks. After a violation or an abort locks may be held and counts may be off: nothing to learn then. */
export function verifyRace({ started, violations, running, reports, scenario }: Race): void {
  if (!started || violations.length > 0 || running.size > 0 || reports.some(({ aborted }) => aborted)) return;
  violations.push(...scenario.check().map(checkerViolation));
  if (violations.length > 0) return;
  try {
    violations.push(...scenario.finish().map(checkerViolation));
  } catch (error) {
    // Tear-down runs the driver's close in this thread.
    const message = error instanceof Error ? error.message : String(error);
    violations.push({
      ...checkerViolation({ rule: error instanceof Violation ? error.rule : 'I-CRASH', message }),
      operation: 'tear-down',
    });
  }
}
