/** What `reproduce` is asked for: a program and its stages, as they are given, or made from a failure of the model. */
import type { Segment } from '../kernel/plan.ts';
import type { Stage } from '../kernel/stages.ts';
import type { Program } from '../programs/program.ts';
import { UsageError } from './usage.ts';

/** A program, and what its actors are to do. */
export interface Asked {
  readonly program: Program;
  readonly stages: readonly Stage[] | { readonly segments: readonly Segment[] };
  /** What the model says of the failure. */
  readonly sentence?: string | undefined;
}

interface Said {
  readonly stages: string | undefined;
  readonly driver: string | undefined;
  readonly bug: string | undefined;
}

const isToken = (text: string): boolean => /^\s*hmm1\./.test(text);

/** The stages that somebody has written. @throws UsageError for what are none. */
async function byHand(text: string, stages: string): Promise<Asked> {
  const [{ parseProgram }, { raceOf }, { parseStages }] = await Promise.all([
    import('../programs/program.ts'),
    import('../kernel/race.ts'),
    import('../kernel/stages.ts'),
  ]);
  const program = parseProgram(text);
  return { program, stages: parseStages(stages, raceOf(program).actors) };
}

/** From a failure of the model: that of a token, of a program's schedule, or one that is looked for. */
async function fromFailure(text: string, { driver, bug }: Said, signal: AbortSignal): Promise<Asked | null> {
  const { stopsOfSchedule, stopsOfToken } = await import('../library/scheduleStops.ts');
  const { parseProgram, programName } = await import('../programs/program.ts');
  const { scheduledProgram } = await import('../engines/explore/failure/scheduledProgram.ts');
  const { planOf } = await import('../kernel/plan.ts');
  const stopsOf = async () => {
    if (isToken(text)) return stopsOfToken(text.trim());
    const program = parseProgram(text);
    const request = { scenario: programName(program), driver, bug };
    if (program.schedule !== undefined) return stopsOfSchedule(request, program.schedule);
    const { explore } = await import('../library/explore.ts');
    const { failure } = await explore(request, { signal });
    if (failure !== null) return stopsOfToken(failure.token);
    if (signal.aborted) return null;
    throw new UsageError(
      'explore finds nothing that breaks in the program: give it a schedule line, or --stages, or the --driver option with which it breaks',
    );
  };
  const stops = await stopsOf();
  if (stops === null) return null;
  const program = scheduledProgram(stops.scenario, '');
  if (program === null)
    throw new UsageError(`scenario ${stops.scenario} is no program, and only programs can be run on a kernel (docs/programs.md)`);
  const { failure } = stops;
  const sentence = failure === null ? undefined : `rule ${failure.rule} is broken: ${failure.message}`;
  return { program: parseProgram(program), stages: { segments: planOf(stops) }, sentence };
}

/**
 * What a token, or a program, asks for. Null when it was stopped before that was known.
 *
 * @throws UsageError for what is neither, for stages that are none, and for what breaks nothing or cannot be taken to a kernel.
 */
export const askedOf = (text: string, said: Said, signal: AbortSignal): Promise<Asked | null> =>
  said.stages === undefined ? fromFailure(text, said, signal) : byHand(text, said.stages);
