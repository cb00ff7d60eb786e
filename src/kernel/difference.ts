/** Where a kernel and the model part in a script: found, made small, and named by what is left of it. */
import { type Difference, replayOn } from '../engines/conformance/replay.ts';
import { behaviourOf, type Kernel as KernelVersion } from '../kernels/kernels.ts';
import type { Answer } from '../programs/answer.ts';
import type { Operation } from '../programs/operation.ts';
import type { Answered, Asked } from './scripts.ts';

/** The first place where they part. */
export interface Parting {
  /** Operations up to it. */
  readonly operations: readonly Operation[];
  /** Fields that differ, or what the model breaks. */
  readonly fields: readonly string[];
  readonly kernel: Answer;
  readonly model: Answer;
}

/** Asks the kernel. */
export type Ask = (script: Asked) => Promise<Answered>;

/** Where the model, replaying what a kernel answered, first says something else; null where it does not. */
export function partingOf({ id, operations, answers }: Answered, kernel: KernelVersion): Parting | null {
  const asked = operations.slice(0, answers.length);
  const script = { id, operations: asked, answers, firstNotation: false, kernel };
  const [first]: readonly (Difference | undefined)[] = replayOn(script, behaviourOf(kernel));
  if (first === undefined) return null;
  const fields = Object.keys(first.got).sort();
  return { operations: asked.slice(0, first.index + 1), fields, kernel: first.expected, model: first.got };
}

/** The fields, with the errors themselves: kernel / model. */
const fieldsOf = ({ fields, kernel: { e: kernel }, model: { e: model } }: Parting): string =>
  fields.map((field) => (field === 'e' ? `e ${kernel}/${model}` : field)).join(' ');

/** Both end with an operation of one name, in the same fields. */
const isSame = (a: Parting, b: Parting): boolean =>
  fieldsOf(a) === fieldsOf(b) && a.operations.at(-1)?.name === b.operations.at(-1)?.name;

/**
 * Leaves out operations as long as the difference is still there. The kernel is asked each time.
 *
 * @returns the smallest script that was found, and what differs in it.
 */
export async function shrunk(found: Parting, kernel: KernelVersion, ask: Ask): Promise<Parting> {
  let smallest = found;
  for (let tried = smallest.operations.length; tried !== 0; ) {
    tried = 0;
    for (let i = smallest.operations.length - 2; i >= 0; i--) {
      const operations = smallest.operations.filter((_, k) => k !== i);
      const answered = await ask({ id: 'smaller', operations });
      if (answered.crash !== undefined) continue;
      const parting = partingOf(answered, kernel);
      if (parting === null || !isSame(parting, smallest)) continue;
      smallest = parting;
      i = Math.min(i, smallest.operations.length - 1);
      tried++;
    }
  }
  return smallest;
}

/** An operation without its numbers. */
const shape = ({ text }: Operation): string =>
  text
    .trim()
    .split(/\s+/)
    .filter((word) => !/^(\d|a[0-9a-f]{5})/i.test(word))
    .join(' ');

/** What the difference is called: the operations of its smallest script without numbers, and the fields. */
export const kindOf = (parting: Parting): string => `${parting.operations.map(shape).join(' | ')} -> ${fieldsOf(parting)}`;
