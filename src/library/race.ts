/** `race()`: CPU threads, devices, migrators and disturbers on real threads. */
import type { Mutation } from '../bugs/bug.ts';
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import { checkRace, raceBounds } from '../engines/race/check.ts';
import { raceOptions } from '../engines/race/command.ts';
import type * as Race from '../engines/race/race.ts';
import type { RaceOptions, RaceProgress, RaceResult, Shaken } from '../engines/race/types.ts';
import type { Reproduced } from '../engines/reproduce/reproduce.ts';
import { byName, checkOptions, givenOptions, type Naming } from '../input/options.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { type Hooks, underHooks } from './call.ts';
import { inErasedWith } from './model.ts';
import { reproduceRace } from './reproduceRace.ts';
import { kernelSetting } from './subject.ts';

/** Some of the options. */
type Chosen<Options> = { readonly [option in keyof Options]?: Options[option] | undefined };

/** What a race is asked for: what is absent is as `raceOptions()` has it, which is as `hmm-lab stress` has it, but for the seed, 1. */
export interface RaceRequest extends Chosen<Omit<RaceOptions, 'driver' | 'bug'>> {
  /** A driver of `hmm-lab drivers`, or a module by its path or `file:` URL, with options if you like: `dmirror:retryCheck=none`. */
  readonly driver?: string | undefined;
  /** `6.1` or `7.3`, the default: which kernel the model is (docs/reference/kernels.md says what changed). */
  readonly kernel?: string | undefined;
  /** A bug to put into the model first: the id of one of the catalogue, the path of a module that exports one, or a mutation of your own. */
  readonly bug?: string | Mutation | undefined;
  /** After a violation, look for it under a controlled scheduler for so many seconds: 0, the default, does not. At most 86,400. */
  readonly trace?: number | undefined;
}

/** `--json` of `hmm-lab stress`. */
export interface RaceReport extends RaceResult {
  /** What came of looking for the interleaving behind a violation; null when that was not asked for, or there is none. */
  readonly trace: Reproduced | null;
}

export interface RaceHooks extends Hooks<RaceProgress> {
  /** The engine has turned random delays on, because the actors hardly ran at the same time. */
  readonly onShaken?: ((shaken: Shaken) => void) | undefined;
  /** Called about ten times a second while a violation is looked for under a controlled scheduler. */
  readonly onReproducing?: ((progress: ExploreProgress) => void) | undefined;
}

const traceBounds = { trace: { kind: 'number', min: 0, max: raceBounds.seconds.max } } as const;

/** A race that is ready to begin: all options checked, the driver's module loaded. */
export interface ReadyRace {
  readonly options: RaceOptions;
  readonly bug: Mutation | undefined;
  /** Seconds to look for a violation. */
  readonly trace: number;
}

/** @throws UsageError, one sentence, for the first thing that is not allowed; `name` is what it calls the options. */
export async function readyRace(request: RaceRequest, name: Naming = byName): Promise<ReadyRace> {
  const { bug: given, kernel, trace = 0, ...rest } = givenOptions('a race', request);
  checkOptions(
    'a race',
    { trace, ...(kernel === undefined ? {} : { kernel }) },
    { numbers: traceBounds, others: { kernel: 'string' } },
    name,
  );
  const bug = given === undefined ? undefined : await bugOf(given);
  const options = raceOptions(bug === undefined ? rest : { ...rest, bug: bug.id });
  checkRace(options, name);
  // Loaded only now: wrong options need no model.
  const { chosenDriver } = await import('./chosenDriver.ts');
  const { location, settings } = await chosenDriver(options.driver, bug?.settings, {
    ...options.driverSettings,
    ...kernelSetting(kernel),
  });
  return { options: { ...options, driver: location, driverSettings: settings }, bug, trace };
}

/** Runs a race that is ready, and looks for nothing afterwards. */
export function runRace({ options, bug }: ReadyRace, hooks: RaceHooks): Promise<RaceResult> {
  const { onShaken = () => {} } = hooks;
  return underHooks(hooks, async (watched) => {
    const all = { ...watched, onShaken };
    if (bug === undefined) return (await import('../engines/race/race.ts')).race(options, all);
    return inErasedWith(bug, async (load) => (await load<typeof Race>('engines/race/race')).race(options, all));
  });
}

/**
 * Runs one race on real threads, as many as there are actors, and checks every rule of the model while it runs. Races of one process
 * run one after another. Options are checked before anything starts: times are seconds, memory is pages.
 *
 * The verdict is `pass`, `violation`, `invalid` (too little was seen to say anything: no number is given then), or, stopped by the
 * signal, `interrupted`, unless something was found. A race is not repeatable: the same seed draws the same operations, and the
 * machine decides the rest.
 *
 * @throws UsageError, one sentence, for an option, a driver or a bug that is not allowed; nothing has started then.
 */
export async function race(request: RaceRequest = {}, hooks: RaceHooks = {}): Promise<RaceReport> {
  const ready = await readyRace(request);
  const result = await runRace(ready, hooks);
  if (ready.trace === 0 || hooks.signal?.aborted) return { ...result, trace: null };
  const { onReproducing: onProgress, signal } = hooks;
  return { ...result, trace: await underHooks({ onProgress, signal }, (watched) => reproduceRace(result, ready, watched)) };
}
