/** `exploreTrace()`: a trace of a real kernel as a program, with the order of the trace as its schedule. */
import { basename } from 'node:path';
import type * as WalkIn from '../engines/explore/threads/walkIn.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { UsageError } from '../input/usageError.ts';
import { parseProgram, programName } from '../programs/program.ts';
import type { TraceProgram, TraceResult } from '../trace/result.ts';
import type { Traced } from '../trace/traced.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { bounded, type ExploreHooks, type ExploreReport, type ExploreRequest, explore, exploreBounds } from './explore.ts';
import { inStepped } from './model.ts';
import { driverOptions, subjectOf } from './subject.ts';

/** What an exploration of a trace is asked for: what an exploration is, but for the program and its schedule, which the trace has. */
export interface TraceRequest extends Omit<ExploreRequest, 'scenario' | 'schedule' | 'checkpoint' | 'checkpointSeconds'> {
  /** Text of ftrace or of `trace-cmd report`. */
  readonly trace: string;
}

/** `--json` of `hmm-lab explore --from-trace FILE --format`. */
export type TraceProgramReport = Result<'hmm-lab/trace-program/1', TraceProgram>;

/** `--json` of `hmm-lab explore --from-trace FILE`. */
export type TraceReport = Result<'hmm-lab/trace/1', TraceResult & { readonly exploration: ExploreReport | null }>;

/** @throws UsageError, one sentence, for a file that cannot be read, is empty or is no trace. */
async function read(file: string, signal: AbortSignal): Promise<{ readonly traced: Traced; readonly said: TraceProgram }> {
  const [{ traced }, { notesOf }] = await Promise.all([import('../trace/traced.ts'), import('../trace/notes.ts')]);
  const found = await traced(file, signal);
  const { facts, skeleton, unknown, protocols } = found;
  const said = {
    file: basename(file),
    ...{ lines: facts.lines, events: facts.events, notes: notesOf(found) },
    ...{ program: skeleton?.text ?? null, choices: skeleton?.choices ?? [], unknown, protocols },
  };
  return { traced: found, said };
}

/** @throws UsageError without the name of a file. */
function demandFile(trace: unknown): asserts trace is string {
  if (trace === undefined) throw new UsageError('a trace is needed: the name of a file of ftrace or of trace-cmd report');
}

/**
 * Reads a trace, and makes a program of what two or three threads do in it at the same time. Nothing is explored, and no kernel is needed.
 * The file is read once, as a stream.
 *
 * @throws UsageError, one sentence, for what is not allowed, and for a file that cannot be read, is empty or is no trace.
 */
export async function traceProgram(request: Pick<TraceRequest, 'trace'>, hooks: Hooks<never> = {}): Promise<TraceProgramReport> {
  const given = givenOptions('a program of a trace', request);
  checkOptions('a program of a trace', given, { numbers: {}, others: { trace: 'string' } });
  demandFile(given.trace);
  const { said } = await underHooks(hooks, ({ signal }) => read(given.trace, signal));
  return resultAs('hmm-lab/trace-program/1', said);
}

/**
 * Makes a program of a trace, and explores it. First the order of the trace is followed, in each way that the trace allows, until a rule
 * breaks; then that schedule is looked into. Otherwise all interleavings are explored.
 *
 * @throws UsageError, one sentence, for what is not allowed, as {@link explore} and {@link traceProgram}.
 */
export async function exploreTrace(request: TraceRequest, hooks: ExploreHooks = {}): Promise<TraceReport> {
  const given = bounded(givenOptions('an exploration of a trace', request));
  const { checkpointSeconds: _, ...numbers } = exploreBounds;
  const others = { trace: 'string', ...driverOptions, strategy: 'string', reduction: 'string' };
  checkOptions('an exploration of a trace', given, { numbers, others });
  const { trace, ...options } = given;
  demandFile(trace);
  return underHooks(hooks, async ({ signal, onProgress }) => {
    const { traced, said } = await read(trace, signal);
    const isBroken = traced.protocols.some(({ breaches }) => breaches.length > 0);
    const { race, skeleton } = traced;
    const nothing = { hint: null, exploration: null, interrupted: signal.aborted } as const;
    if (race === null || skeleton === null)
      return resultAs('hmm-lab/trace/1', { verdict: isBroken ? 'violation' : 'nothing', ...nothing, ...said });
    const scenario = programName(parseProgram(skeleton.text));
    const { bug, ...subject } = await subjectOf('an exploration of a trace', { ...options, scenario });
    const [{ hintOf }, { stretchesOf }] = await Promise.all([import('../trace/hint.ts'), import('../trace/stretches.ts')]);
    const stretches = stretchesOf(race, skeleton.actors);
    const hint = await inStepped(bug, async (load) => {
      const { walkIn } = await load<typeof WalkIn>('engines/explore/threads/walkIn');
      return walkIn(subject.scenario, subject, (walker) => hintOf(walker, stretches, signal));
    });
    const schedule = hint.rule === null ? undefined : hint.schedule;
    const exploration = await explore({ ...options, scenario, schedule }, { ...hooks, signal, onProgress });
    const verdict = isBroken ? 'violation' : exploration.verdict;
    const { interrupted } = exploration;
    return resultAs('hmm-lab/trace/1', { verdict, interrupted, ...said, hint, exploration });
  });
}
