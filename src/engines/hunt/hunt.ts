/** The hunt: every bug of the corpus is put into the model, and looked for; controls and the model as it is must stay quiet. */
import { Piscina } from 'piscina';
import type { Bug, Mutation } from '../../bugs/bug.ts';
import { type DriverSettings, KERNEL } from '../../drivers/base/options.ts';
import type { Shard } from '../../input/shard.ts';
import { treesFolder } from '../../mutation/mutate.ts';
import { workerUrl } from '../../package/workerUrl.ts';
import { inLanes } from '../shared/lanes.ts';
import { accepted, type Refusal } from '../shared/refusal.ts';
import type { Attempt, AttemptOptions, CleanRun } from './attempt.ts';
import { type FalseAlarm, type HuntResult, type HuntRow, type HuntSubjects, huntResult, partOf } from './huntResult.ts';

export type HuntJob =
  | { readonly kind: 'bug'; readonly mutation: Mutation; readonly options: AttemptOptions; readonly trees: string }
  | {
      readonly kind: 'clean';
      readonly scenario: string;
      readonly settings: DriverSettings;
      readonly seed: number;
      readonly schedules: number;
    };

export interface HuntOptions extends AttemptOptions {
  readonly workers: number;
  /** Schedules of the model as it is, over all scenarios. */
  readonly clean: number;
  /** Which kernel the model is; the newest without it. */
  readonly kernel?: string | undefined;
}

/** With the part of the bugs, controls and scenarios to hunt; all of them without it. */
export type HuntCall = HuntOptions & { readonly shard?: Shard | undefined };

/** What has just been done. */
export interface HuntProgress {
  readonly elapsedSeconds: number;
  /** Bugs, controls and scenarios that are done, of all; once more each bug that is sampled. */
  readonly done: number;
  readonly total: number;
  /** A line about the last of them. */
  readonly line: string;
}

export interface HuntHooks {
  /** After each bug, control and scenario. */
  readonly onProgress?: (progress: HuntProgress) => void;
  readonly signal?: AbortSignal;
}

function rowOf(bug: Bug, attempt: Attempt): HuntRow {
  const needed = attempt.strikes ?? attempt.preemptions;
  const expected = attempt.oracle !== null && bug.oracles.includes(attempt.oracle);
  return {
    id: bug.id,
    title: bug.title,
    scenario: bug.scenario,
    ...attempt,
    found: attempt.found && expected,
    expected,
    catalogue: bug.preemptions,
    agrees: attempt.minimal && needed === bug.preemptions,
  };
}

const rowLine = ({ id, found, oracle, message, preemptions, seconds }: HuntRow): string => {
  if (found) return `${id}: ${oracle} with ${preemptions} preemptions, ${seconds.toFixed(1)} s`;
  return oracle === null ? `${id}: not found` : `${id}: NOT FOUND: ${oracle} is none of its rules: ${message}`;
};

/** Hunts. Stopped by the signal it returns what it has so far. */
export async function hunt(
  subjects: HuntSubjects,
  options: HuntCall,
  { onProgress, signal }: HuntHooks = {},
): Promise<HuntResult> {
  const { workers, clean, kernel, shard, ...each } = options;
  const whole = clean > 0 ? subjects : { ...subjects, scenarios: [] };
  const { bugs, controls, scenarios, part } = partOf(whole, shard ?? [1, 1]);
  const settings: DriverSettings = kernel === undefined ? {} : { [KERNEL]: kernel };
  const began = Date.now();
  const elapsed = (): number => (Date.now() - began) / 1000;
  const pool = new Piscina<HuntJob, Attempt | CleanRun | Refusal>({
    filename: workerUrl('hunt').href,
    minThreads: 1,
    maxThreads: workers,
    atomics: 'disabled',
  });
  await using _ = { [Symbol.asyncDispose]: () => pool.destroy() };
  pool.on('error', () => {});
  const run = async (job: HuntJob) => accepted(await pool.run(job, signal === undefined ? {} : { signal }));
  // This thread makes the folder, and removes it: no signal reaches another one.
  const trees = treesFolder();
  const put = async (mutation: Mutation, options: AttemptOptions) =>
    (await run({
      kind: 'bug',
      mutation: { ...mutation, settings: { ...settings, ...mutation.settings } },
      options,
      trees,
    })) as Attempt;
  const total = bugs.length * (each.seeds > 0 ? 2 : 1) + controls.length + scenarios.length;
  let done = 0;
  const tell = (line: string): void => onProgress?.({ elapsedSeconds: elapsed(), done: ++done, total, line });
  const rows: HuntRow[] = [];
  const falseAlarms: FalseAlarm[] = [];
  const once = { ...each, seeds: 0 };
  const alarm = (of: string, message: string | null): void => {
    if (message !== null) falseAlarms.push({ of, message });
    tell(message === null ? `${of}: quiet, as it should be` : `${of}: FALSE ALARM: ${message}`);
  };
  const vacuous: { scenario: string; missed: readonly string[] }[] = [];
  let cleanSchedules = 0;
  let tried = 0;
  let searchSeconds = 0;
  try {
    await inLanes(bugs, workers, signal, async (bug) => {
      const row = rowOf(bug, await put(bug, once));
      rows.push(row);
      tell(rowLine(row));
    });
    searchSeconds = elapsed();
    await inLanes(controls, workers, signal, async (mutation) => {
      const { message } = await put(mutation, once);
      tried++;
      alarm(mutation.id, message);
    });
    const schedules = Math.ceil(clean / whole.scenarios.length);
    await inLanes(scenarios, workers, signal, async (scenario) => {
      const { message, missed } = (await run({ kind: 'clean', scenario, settings, seed: 1, schedules })) as CleanRun;
      if (missed.length > 0) vacuous.push({ scenario, missed });
      cleanSchedules += schedules;
      alarm(scenario, message);
    });
    if (each.seeds > 0) {
      await inLanes([...rows.entries()], workers, signal, async ([at, row]) => {
        if (!row.found) return;
        const bug = bugs.find(({ id }) => id === row.id) as Bug;
        const { sampled } = await put(bug, each);
        rows[at] = { ...row, sampled };
        tell(`${row.id}: found by ${sampled?.found ?? 0} of ${each.seeds} seeds`);
      });
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  const findings = {
    rows,
    controls: tried,
    cleanSchedules,
    falseAlarms,
    vacuous,
    searchSeconds,
    seconds: elapsed(),
    workers,
    interrupted: signal?.aborted === true,
  };
  return huntResult(findings, [part], shard === undefined ? null : part);
}
