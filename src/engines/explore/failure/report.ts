/** The report of a failure: made smaller, run again, explained, as a table. */
import type { DriverSettings } from '../../../drivers/base/options.ts';
import type { Executor } from '../machine/execution.ts';
import { executorOf } from '../machine/executorOf.ts';
import type { Failure, NoProgress } from '../machine/failure.ts';
import { preemptionsOf } from '../sampling/run.ts';
import type { Budget } from './budget.ts';
import type { Counterpart } from './counterpart.ts';
import { type Explanation, explain } from './explain.ts';
import { messageOf } from './messages.ts';
import { type Minimal, minimise } from './minimise.ts';
import { readable } from './namedSchedule.ts';
import { shortestRound } from './round.ts';
import { scheduledProgram } from './scheduledProgram.ts';
import { table } from './table.ts';
import { makeToken } from './token.ts';
import { type Stretch, trace } from './trace.ts';

/** A failure that was replayed once more; minimal in preemptions if `minimal` says so. */
export interface ExploreFailure {
  readonly oracle: string;
  readonly message: string;
  /** Which of the four verdicts on no progress, when that is what is wrong. */
  readonly noProgress: NoProgress | null;
  readonly actor: string;
  readonly token: string;
  readonly steps: number;
  readonly preemptions: number;
  /** No schedule with fewer preemptions fails: they were all tried. */
  readonly minimal: boolean;
  /** By named points. */
  readonly schedule: string;
  /** Of a program: itself with this schedule, which explore follows; null where the scenario is none. */
  readonly program: string | null;
  readonly stretches: readonly Stretch[];
  /** Null if none was asked for. */
  readonly explanation: Explanation | null;
  readonly table: readonly string[];
}

export interface ReportOptions {
  readonly settings: DriverSettings;
  /** Make the failure smaller and explain it. */
  readonly explain?: boolean;
}

/** What may be spent on making a failure smaller; the rest is for explaining it. */
const MINIMISE_SHARE = 0.6;

/** A failure of the check for determinism itself has no schedule. */
const hasSchedule = ({ failure }: Minimal): boolean => failure.rule !== 'I-DETERM';

/** The verdict on a failure that does not come again when its schedule is run again. */
function notAgain({ rule, message }: Failure, again: Failure | null): Failure {
  const then = again === null ? 'nothing fails' : `rule ${again.rule} is broken: ${again.message}`;
  return {
    rule: 'I-DETERM',
    message: `a schedule broke rule ${rule} (${message}); when it is run again, ${then}. Something beside the shared words decides: a clock, Math.random or a variable`,
    actor: -1,
  };
}

/** What JavaScript says of a crash names variables, and a bundle gives some of them a number: `get` is `get2`. */
const wordsOf = ({ rule, message }: Failure): string =>
  rule === 'I-CRASH' ? message.replaceAll(/\b([A-Za-z_$]+)\d+\b/g, '$1') : message;

/** The same rule in the same words; a livelock may have a shorter round in it than the one that was found first. */
const failsAs = (one: Failure, again: Failure | null): boolean =>
  again !== null &&
  again.rule === one.rule &&
  (wordsOf(again) === wordsOf(one) || (again.kind === one.kind && again.round !== undefined && one.round !== undefined));

/** The report of a failure: its schedule is run again, and must fail in the same way. */
export function reportFailure(
  executor: Executor,
  { settings, explain: why = false }: ReportOptions,
  found: Minimal,
  budget: Budget,
): ExploreFailure {
  const { schedule } = found;
  const again = trace(executor, schedule);
  const isSame = !hasSchedule(found) || failsAs(found.failure, again.outcome);
  const failure = isSame ? (again.outcome ?? found.failure) : notAgain(found.failure, again.outcome);
  const explanation = why && hasSchedule({ ...found, failure }) ? explain(executor, schedule, failure, budget) : null;
  const round = explanation?.round ?? undefined;
  const chances = explanation === null || round !== undefined ? undefined : chancesOf(explanation);
  const { stretches, parts } = round === undefined ? again : trace(executor, schedule, round);
  return {
    ...described(executor, settings, { ...found, failure }, schedule),
    minimal: found.minimal && isSame,
    schedule: readable(parts),
    program: scheduledProgram(executor.scenario.name, readable(parts)),
    stretches,
    explanation,
    table: table(executor, stretches, { ...(round && { round }), ...(chances && { chances }) }),
  };
}

const chancesOf = ({ chances }: Explanation): ReadonlyMap<number, number> =>
  new Map(chances.map(({ steps, fails }) => [steps, fails]));

/** What a report says whether or not the last step ends; `ran` are the steps that do. */
const described = (executor: Executor, settings: DriverSettings, { failure, schedule }: Minimal, ran: readonly number[]) => ({
  oracle: failure.rule,
  message: messageOf(executor, failure, ran),
  noProgress: failure.kind ?? null,
  actor: failure.actor === -1 ? 'check at the end' : executor.nameOf(failure.actor),
  token: makeToken(executor.scenario.name, settings, schedule, executor.scenario.sources),
  steps: schedule.length,
  preemptions: preemptionsOf(executor, ran),
});

/** The same for what an exploration has found, which is made smaller before it is explained. */
export function reportFound(
  executor: Executor,
  options: ReportOptions,
  found: Minimal,
  budget: Budget,
  clean: Counterpart | null = null,
): ExploreFailure {
  if (options.explain !== true || !hasSchedule(found)) return reportFailure(executor, options, found, budget);
  const smaller = minimise(executorOf, executor, found, budget.part(MINIMISE_SHARE), clean);
  return reportFailure(smaller.executor, options, shortestRound(smaller.executor, smaller, budget), budget);
}

/** The report of a failure whose last step does not end: the steps before it are run, and that one is not. */
export function reportStuck(executor: Executor, settings: DriverSettings, found: Minimal): ExploreFailure {
  const before = found.schedule.slice(0, -1);
  const { stretches, parts } = trace(executor, before);
  const schedule = `${readable(parts)} ${executor.nameOf(found.schedule.at(-1) as number)}@done`.trim();
  return {
    ...described(executor, settings, found, before),
    minimal: false,
    schedule,
    program: scheduledProgram(executor.scenario.name, schedule),
    stretches,
    explanation: null,
    table: table(executor, stretches),
  };
}
