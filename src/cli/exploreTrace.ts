/** `hmm-lab explore --from-trace FILE`: a trace of a real kernel as a program, explored. */
import type { Mutation } from '../bugs/bug.ts';
import { exploreUsual } from '../library/explore.ts';
import { exploreTrace, traceProgram } from '../library/exploreTrace.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { traceNotes, traceText } from '../report/traceText.ts';
import { EXIT_INVALID, EXIT_VIOLATION } from './exitCodes.ts';
import type { ExploreValues } from './exploreFlags.ts';
import { interruptible } from './interruptible.ts';
import { exitCodeOf, printReport } from './printReport.ts';
import { quote, UsageError } from './usage.ts';

/** What is about a scenario that is known by name. */
const notWithTrace = ['given', 'all', 'points', 'audit', 'schedule', 'chrome', 'checkpoint'] as const;
/** What the model is made of, which is no part of a program. */
const notWithFormat = ['driver', 'kernel', 'bug'] as const;

/** @throws UsageError when something is asked for that is not about a program of a trace. */
function demandFits(values: ExploreValues, named: string | undefined): void {
  if (named !== undefined)
    throw new UsageError(`--from-trace has the program: no scenario goes with it, given was ${quote(named)}`);
  const given = (name: keyof ExploreValues): boolean => values[name] !== undefined && values[name] !== false;
  const odd = notWithTrace.find(given);
  if (odd !== undefined)
    throw new UsageError(
      `--${odd} does not go with --from-trace: --format prints the program of a trace, which explore FILE.hmm takes`,
    );
  const also = values.format ? notWithFormat.find(given) : undefined;
  if (also !== undefined) throw new UsageError(`--format prints a program and explores nothing: it does not go with --${also}`);
}

/** The program alone; what else is to be said goes to stderr. */
async function formatTrace(trace: string, json: boolean): Promise<number> {
  const report = await interruptible((signal) => traceProgram({ trace }, { signal }));
  process.stderr.write(traceNotes(report));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : (report.program ?? ''));
  if (report.protocols.some(({ breaches }) => breaches.length > 0)) return EXIT_VIOLATION;
  return report.program === null ? EXIT_INVALID : 0;
}

/** Explores the program of a trace, and shows meanwhile how it goes. */
export async function runTrace(values: ExploreValues, named: string | undefined, bug: Mutation | undefined): Promise<number> {
  demandFits(values, named);
  const { 'from-trace': trace = '', format, json, driver, kernel, seconds = exploreUsual.seconds } = values;
  if (format) return formatTrace(trace, json);
  const { strategy, schedules, preemptions, reduction, seed, workers, threads } = values;
  const request = { trace, driver, kernel, bug, strategy, seconds, schedules, preemptions, reduction, seed, workers, threads };
  const live = startExploreLive(process.stderr, seconds);
  const run = (signal: AbortSignal) => exploreTrace(request, { signal, onProgress: live.update });
  const report = await interruptible(run).finally(live.stop);
  printReport(report, traceText, json);
  return report.verdict === 'nothing' && !report.interrupted ? EXIT_INVALID : exitCodeOf(report);
}
