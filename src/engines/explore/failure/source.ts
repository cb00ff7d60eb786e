/** Where in the sources a step is made. */
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

/**
 * File, line and function of the first write of each of `count` steps of a schedule from number `from` on, or of its first read if
 * it writes nothing. Lines are those of the sources where source maps are switched on. Null for a step that touches nothing shared.
 */
export function sourcesOf(scenario: Scenario, schedule: readonly number[], from: number, count: number): (string | null)[] {
  let armed = false;
  let read: string | null = null;
  let written: string | null = null;
  const limit = Error.stackTraceLimit;
  const witness = (writes: boolean): void => {
    if (!armed || written !== null || (!writes && read !== null)) return;
    const found = place(new Error('here').stack ?? '');
    if (writes) written = found;
    else read = found;
  };
  const sources: (string | null)[] = [];
  Error.stackTraceLimit = 50;
  try {
    const executor = new Executor(scenario, null, { recorded: false, witness });
    executor.reset();
    for (let step = 0; step < Math.min(from + count, schedule.length); step++) {
      armed = step >= from;
      read = null;
      written = null;
      const failure = executor.step(schedule[step] as number);
      if (armed) sources.push(written ?? read);
      if (failure !== null) break;
    }
  } finally {
    Error.stackTraceLimit = limit;
  }
  return sources;
}
