/** What a trace has come to, for people. */
import type { TraceProgram, TraceResult } from '../trace/result.ts';
import { exploreText } from './exploreText.ts';
import { count } from './units.ts';

/** A protocol that was kept, broken, or not judged. */
function protocolText({ protocol, times, untraced, broken, breaches }: TraceProgram['protocols'][number]): string[] {
  const more =
    broken > breaches.length ? [`Protocol ${protocol} is broken in ${count(broken - breaches.length)} more places.`] : [];
  if (broken > 0) return [...breaches.map(({ message }) => `BROKEN: protocol ${protocol}: ${message}.`), ...more];
  if (times === 0) return [];
  if (untraced.length > 0)
    return [
      `Protocol ${protocol} is not judged: ${untraced.join(' and ')} ${untraced.length === 1 ? 'is' : 'are'} nowhere in the trace.`,
    ];
  return [`Protocol ${protocol} is kept, ${times === 1 ? 'once' : `${count(times)} times`}.`];
}

/** What the file is, and whether it keeps the protocols. */
function aboutTrace({ file, lines, events, notes, protocols, unknown }: TraceProgram): string[] {
  const others = Object.entries(unknown).map(([name, times]) => `${name} (${times})`);
  return [
    `Trace ${file}: ${count(lines)} lines, ${count(events)} events.`,
    ...notes.map((note) => `Note: ${note}.`),
    ...(others.length === 0 ? [] : [`No operations of the language: ${others.join(', ')}.`]),
    ...protocols.flatMap(protocolText),
  ];
}

/** Where the schedule is a choice, and where the model leaves the trace. */
function aboutHint({ open, tried, rule, isPartly, leaves }: NonNullable<TraceResult['hint']>): string[] {
  const places = open.map(
    ({ actor, line, from, to, places }) =>
      `Where ${actor} stood after line ${line} is open: ${places} places, from ${from} to ${to}.`,
  );
  const which = rule === null ? 'none breaks a rule' : `the last one breaks ${rule}`;
  return [
    ...places,
    `Schedules that the trace allows: ${tried} ${isPartly ? 'of more ' : ''}followed, ${which}.`,
    ...(leaves === null ? [] : [`The schedule is that of the trace up to line ${leaves.line}: ${leaves.why}.`]),
  ];
}

/** The trace, the program with its schedule, and what the exploration says. */
export function traceText(report: TraceResult): string {
  const { program, hint, exploration } = report;
  const about = `${aboutTrace(report).join('\n')}\n`;
  if (program === null || hint === null || exploration === null) return about;
  return [about, `${program}schedule ${hint.schedule}\n`, `${aboutHint(hint).join('\n')}\n`, exploreText(exploration)].join('\n');
}

/** What is said beside a program that is printed alone. */
export const traceNotes = (report: TraceProgram): string => `${aboutTrace(report).join('\n')}\n`;
