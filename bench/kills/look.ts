/**
 * Looks for the first program in which a changed model breaks a rule: each with at most one preemption, all with two, then without a bound;
 * the likeliest ones before any of the others.
 */
import type { Mutation } from '../../src/bugs/bug.ts';
import type { DriverSettings } from '../../src/drivers/base/options.ts';
import type * as Machine from '../../src/engines/explore/machine/executorOf.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import type * as Catalogue from '../../src/engines/explore/plan/catalogue.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import type * as Search from '../../src/engines/explore/search/search.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { isUsageError } from '../../src/input/usageError.ts';
import { instanceOf } from '../../src/mutation/instance.ts';
import type * as Unchanged from '../../src/scenarios/programs/unchanged.ts';

export interface LookJob {
  readonly mutation: Pick<Mutation, 'id' | 'edits'>;
  readonly settings: DriverSettings;
  /** Programs, in their order. */
  readonly names: readonly string[];
  readonly seconds: number;
  /** Rules that show nothing: a crash of the edited code, for a bug that should not crash. */
  readonly apart: readonly string[];
}

export interface Shown {
  readonly rule: string;
  readonly message: string;
  readonly program: string;
  readonly preemptions: number;
}

export interface Look {
  readonly found: Shown | null;
  /** Programs that were looked at with 0, 1 and 2 preemptions, and without a bound. */
  readonly looked: readonly number[];
  readonly seconds: number;
}

/** Words of the memory that tells where a look is: a beat, the number of the program, preemptions. */
export const Pulse = { beat: 0, program: 1, preemptions: 2, words: 3 } as const;

/** Stages of a look, the searches of a program in each: their preemptions, and how long they may take. Only the last one sees that somebody waits for ever. */
const STAGES = [
  [
    { preemptions: 0, mostMs: 4000 },
    { preemptions: 1, mostMs: 1500 },
  ],
  [{ preemptions: 2, mostMs: 2000 }],
  [{ preemptions: Number.POSITIVE_INFINITY, mostMs: 4000 }],
] as const;

/** So many programs are the likeliest: no more than can all be searched without a bound. */
const LIKELIEST = 40;

type Stage = (typeof STAGES)[number];

/** Number of preemptions of a search without a bound. */
export const UNBOUNDED = 3;

/** Time of a processor that the process has used, in milliseconds: how busy the machine is makes no difference. */
export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A search of so many milliseconds of a processor, which beats. */
function beating(pulse: Int32Array, mostMs: number): () => boolean {
  const end = cpuMs() + mostMs;
  return () => {
    Atomics.add(pulse, Pulse.beat, 1);
    return cpuMs() > end;
  };
}

/** Does the program break a rule in the model as it is, with the driver as it is? Then it shows nothing of a change. */
function breaksAnyway(name: string, { preemptions, mostMs }: Stage[number], pulse: Int32Array): boolean {
  return search(executorOf(scenarioNamed(name)), { preemptions, enough: beating(pulse, mostMs) }).failure !== null;
}

export async function look({ mutation, settings, names, seconds, apart }: LookJob, pulse: Int32Array): Promise<Look> {
  const began = cpuMs();
  const load = await instanceOf({ title: '', reference: '', scenario: '', ...mutation });
  const catalogue = await load<typeof Catalogue>('engines/explore/plan/catalogue');
  const machine = await load<typeof Machine>('engines/explore/machine/executorOf');
  const searches = await load<typeof Search>('engines/explore/search/search');
  await (await load<typeof Unchanged>('scenarios/programs/unchanged')).loadUnchanged();
  const until = cpuMs() + 1000 * seconds;
  const looked = [0, 0, 0, 0];

  const searched = (name: string, stage: Stage): Shown | null => {
    let preemptions = 0;
    try {
      const executor = machine.executorOf(catalogue.scenarioNamed(name, settings));
      for (const bound of stage) {
        preemptions = Math.min(bound.preemptions, UNBOUNDED);
        Atomics.store(pulse, Pulse.preemptions, preemptions);
        const enough = beating(pulse, bound.mostMs);
        const { failure } = searches.search(executor, { preemptions: bound.preemptions, enough });
        looked[preemptions] = (looked[preemptions] as number) + 1;
        if (failure === null || apart.includes(failure.rule) || breaksAnyway(name, bound, pulse)) continue;
        return { rule: failure.rule, message: failure.message, program: name, preemptions };
      }
      return null;
    } catch (error) {
      // A rule that breaks while it is set up; what does not fit the settings is no program for it.
      const rule = (error as { readonly rule?: string }).rule ?? 'I-CRASH';
      if (isUsageError(error) || apart.includes(rule)) return null;
      return { rule, message: messageOf(error), program: name, preemptions };
    }
  };

  const parts = [
    { first: 0, names: names.slice(0, LIKELIEST) },
    { first: LIKELIEST, names: names.slice(LIKELIEST) },
  ];
  const all = parts.flatMap((part) =>
    STAGES.flatMap((stage) => part.names.map((name, i) => ({ name, stage, number: part.first + i }))),
  );
  for (const { name, stage, number } of all) {
    if (cpuMs() > until) break;
    Atomics.store(pulse, Pulse.program, number);
    Atomics.add(pulse, Pulse.beat, 1);
    const found = searched(name, stage);
    if (found !== null) return { found, looked, seconds: (cpuMs() - began) / 1000 };
  }
  return { found: null, looked, seconds: (cpuMs() - began) / 1000 };
}
