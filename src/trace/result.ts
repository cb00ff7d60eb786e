/** What a trace comes to. */
import type { ExploreResult } from '../engines/explore/explore.ts';
import type { ProtocolChecked } from './automaton.ts';
import type { Hint } from './hint.ts';

/** What a trace is, and the program that it shows. */
export interface TraceProgram {
  /** Its name, without folders. */
  readonly file: string;
  readonly lines: number;
  readonly events: number;
  /** What is wrong with the file, a sentence each. */
  readonly notes: readonly string[];
  /** The program, with remarks that say what was chosen; null where no two threads are about the same pages. */
  readonly program: string | null;
  readonly choices: readonly string[];
  /** What threads went through that is no operation of the language, and how often. */
  readonly unknown: Readonly<Record<string, number>>;
  /** Protocols of the kernel, each held against the trace. */
  readonly protocols: readonly ProtocolChecked[];
}

/** The same, explored. */
export interface TraceResult extends TraceProgram {
  /** `violation` if a rule or a protocol is broken; else what the exploration says; `nothing` where there is no program. */
  readonly verdict: ExploreResult['verdict'] | 'nothing';
  readonly interrupted: boolean;
  /** The order of the trace as a schedule; null where there is no program. */
  readonly hint: Hint | null;
  /** Of the hint if a rule breaks along it, else of all interleavings; null where there is no program. */
  readonly exploration: ExploreResult | null;
}
