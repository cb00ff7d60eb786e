/** Where in the model a step is made. */
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
 * File, line and function of the first write of step `at` of a schedule, or of its first read if it writes nothing. Lines are
 * those of the sources where source maps are switched on. Null if the step touches nothing shared, or only the scenario does.
 */
export function sourceOfStep(scenario: Scenario, schedule: readonly number[], at: number): string | null {
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
  Error.stackTraceLimit = 50;
  try {
    const executor = new Executor(scenario, null, { recorded: false, witness });
    executor.reset();
    for (let i = 0; i < at; i++) if (executor.step(schedule[i] as number) !== null) return null;
    armed = true;
    executor.step(schedule[at] as number);
  } finally {
    Error.stackTraceLimit = limit;
  }
  return written ?? read;
}
