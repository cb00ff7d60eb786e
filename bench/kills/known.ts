/** Why a cell of a built-in driver breaks a rule, and is left so: each kind was looked into by hand (docs/found.md). */
import type { MatrixCell } from '../../src/engines/matrix/matrixResult.ts';

interface Kind {
  readonly rules: readonly string[];
  readonly states: readonly string[];
  /** One operation of each of these is in the cell. */
  readonly operations: readonly (readonly string[])[];
  readonly why: string;
}

const kinds: readonly Kind[] = [
  {
    rules: ['I-DEAD'],
    states: ['coherent', 'hugeDevice'],
    operations: [['pinRead', 'pinWrite', 'longtermPin', 'writeNext', 'collapse'], ['unbind']],
    why: 'as the kernel has it: what was held for a moment while it was evicted stays where it is, and the unbinding waits for it',
  },
  {
    rules: ['I-PROG'],
    states: ['tlb', 'zeroTlb'],
    operations: [['toDevice']],
    why: 'as the kernel has it: two CPUs that touch a page of the device keep each other from bringing it home',
  },
  {
    rules: ['I-QUIET'],
    states: ['pieces', 'hugeEntries'],
    operations: [['collapse'], ['oomReap']],
    why: 'as the kernel has it, as far as is known: whoever collapses does not ask whether the OOM reaper has been there',
  },
];

/** Null where nobody has looked yet. */
export function reasonFor({ state, operations, failure }: MatrixCell): string | null {
  const kind = kinds.find(
    (one) =>
      one.rules.includes(failure?.oracle ?? '') &&
      one.states.includes(state) &&
      one.operations.every((some) => some.some((operation) => operations.includes(operation))),
  );
  return kind?.why ?? null;
}
