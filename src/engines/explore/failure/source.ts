/** Where in the sources a step is made, and what it looks at. */
import type { Scenario } from '../../../scenarios/scenario.ts';
import { Executor } from '../machine/execution.ts';

/** Frames of the machinery: what they do is done for somebody else. */
const MACHINERY = /\/src\/(arena|sync|steps|engines|scenarios|cli)\//;

/** A frame of the model: `at name (file:///.../src/mm/zap.ts:31:5)`. */
const FRAME = /at (?:(?:async )?(\S+) )?\(?(?:file:\/\/)?\/\S*\/(src\/\S+?):(\d+):\d+\)?$/;

function place(stack: string): string | null {
  for (const line of stack.split('\n')) {
    if (MACHINERY.test(line)) continue;
    const match = FRAME.exec(line.trim());
    if (match !== null) return `${match[2]}:${match[3]}${match[1] === undefined ? '' : ` (${match[1].replace(/\.next$/, '')})`}`;
  }
  return null;
}

/** What a step has touched. */
export interface Watched {
  /**
   * File, line and function of its first write, or of its first read if it writes nothing. Lines are those of the sources where source
   * maps are switched on. Null for a step that touches nothing shared.
   */
  readonly source: string | null;
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
}

/** Watches `count` steps of a schedule, from number `from` on, as the generators make them. Fewer if a rule breaks. */
export function watchSteps(scenario: Scenario, schedule: readonly number[], from: number, count: number): Watched[] {
  let armed = false;
  let [read, written]: (string | null)[] = [null, null];
  let [reads, writes] = [new Set<number>(), new Set<number>()];
  const limit = Error.stackTraceLimit;
  const witness = (isWrite: boolean, word: number): void => {
    if (!armed) return;
    const touched = isWrite ? writes : reads;
    touched.add(word);
    if (written !== null || (!isWrite && read !== null)) return;
    const found = place(new Error('here').stack ?? '');
    if (isWrite) written = found;
    else read = found;
  };
  const watched: Watched[] = [];
  Error.stackTraceLimit = 50;
  try {
    const executor = new Executor(scenario, null, { recorded: false, witness });
    executor.reset();
    for (let step = 0; step < Math.min(from + count, schedule.length); step++) {
      armed = step >= from;
      [read, written] = [null, null];
      [reads, writes] = [new Set(), new Set()];
      const failure = executor.step(schedule[step] as number);
      if (armed) watched.push({ source: written ?? read, reads, writes });
      if (failure !== null) break;
    }
  } finally {
    Error.stackTraceLimit = limit;
  }
  return watched;
}
