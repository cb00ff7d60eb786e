/** Replaying a script on the model and comparing every answer with the recorded one. */
import { Violation } from '../../arena/violation.ts';
import { type Behaviour, behaviourOf } from '../../kernels/kernels.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLeaks } from '../../oracles/leaks.ts';
import type { Answer } from '../../programs/answer.ts';
import { numberAt } from '../../programs/operation.ts';
import { performCounted } from '../../programs/perform.ts';
import { pinnedPages } from '../../programs/processes.ts';
import { run } from '../../steps/steps.ts';
import { Comparison, plain } from './compare.ts';
import { bootMachine, type ScriptMachine, shutDown } from './machine.ts';
import type { Script } from './recording.ts';

/** Where the model and the recording part. */
export interface Difference {
  readonly script: string;
  /** Place of the operation in the script; its length for what is found after the last one. */
  readonly index: number;
  readonly operation: string;
  /** The fields that differ, as recorded and as the model has them. */
  readonly expected: Answer;
  readonly got: Answer;
}

const pick = (answer: Answer, fields: readonly string[]): Answer =>
  Object.fromEntries(fields.map((field) => [field, answer[field] ?? null]));

/** Does the machine of the recording have coherent devices? Its own word: what opening one was answered. */
function hasCoherent({ operations, answers }: Script): boolean {
  return operations.some((op, i) => {
    const device = numberAt(op, 1);
    return op.name === 'open' && (device === 2 || device === 3) && answers[i]?.e === 0;
  });
}

/** What the oracles say at the end of a script, with and without its processes. */
function inspect(machine: ScriptMachine): Finding[] {
  const counts = checkCounts(machine.arena, pinnedPages(machine.arena));
  shutDown(machine);
  return [...counts, ...checkLeaks(machine.arena)];
}

/** Replays one script on the kernel it is of. One difference at most for each operation, and one for what the oracles say at the end. */
export const replay = (script: Script): Difference[] => replayOn(script, behaviourOf(script.kernel));

/** The same with any behaviour of before. */
export function replayOn(script: Script, behaviour: Behaviour): Difference[] {
  const machine = bootMachine(behaviour, hasCoherent(script));
  const comparison = new Comparison(script.firstNotation);
  const found: Difference[] = [];
  const report = (index: number, operation: string, expected: Answer, got: Answer): void => {
    found.push({ script: script.id, index, operation, expected, got });
  };
  for (const [index, op] of script.operations.entries()) {
    const recorded = script.answers[index] as Answer;
    let got: Answer;
    try {
      got = run(performCounted(machine.task, machine, op));
    } catch (error) {
      // What the machine is in now cannot be told, so the script ends; the others go on.
      const what = error instanceof Violation ? 'violation' : 'error';
      report(index, op.text, recorded, { [what]: (error as Error).message });
      return found;
    }
    const fields = comparison.differences(op, recorded, got);
    if (fields.length > 0) report(index, op.text, pick(plain(recorded), fields), pick(got, fields));
  }
  for (const { rule, message } of inspect(machine)) {
    report(script.operations.length, 'the end', {}, { [rule]: message });
  }
  return found;
}
