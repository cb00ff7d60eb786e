/** A failing schedule as Chrome trace events, for chrome://tracing and Perfetto: a row for each actor, a microsecond a step. */
import type { ExploreFailure } from '../engines/explore/explore.ts';

/** The JSON object format of the trace event specification. */
export function chromeTrace({ stretches, message, oracle, steps, explanation }: ExploreFailure, scenario: string): string {
  const actors = [...new Set(stretches.map(({ actor }) => actor))];
  const thread = (actor: string): { pid: number; tid: number } => ({ pid: 1, tid: actors.indexOf(actor) + 1 });
  const critical = explanation?.critical ?? null;
  const marks = critical === null ? [] : [critical.first, critical.second];
  const events = [
    { ph: 'M', name: 'process_name', pid: 1, args: { name: scenario } },
    ...actors.map((actor) => ({ ph: 'M', name: 'thread_name', ...thread(actor), args: { name: actor } })),
    ...stretches.map(({ actor, from, steps: length, at, holds, state }) => ({
      ph: 'X',
      name: `to ${at}`,
      ...thread(actor),
      ts: from,
      dur: length,
      args: { holds: holds.join(' '), afterwards: state },
    })),
    ...marks.map(({ actor, step, from, to, source }) => ({
      ph: 'i',
      s: 't',
      name: `decides: ${from} to ${to}`,
      ...thread(actor),
      ts: (step ?? steps + 1) - 1,
      args: { source },
    })),
    { ph: 'i', s: 'g', name: `${oracle}: ${message}`, pid: 1, tid: 1, ts: steps },
  ];
  return `${JSON.stringify({ traceEvents: events, displayTimeUnit: 'ms' })}\n`;
}
