/** Operations as the agent takes them: addresses in bytes, numbers as numbers, nothing that stands for something else. */
import { UsageError } from '../input/usageError.ts';
import type { Operation, OperationName } from '../programs/operation.ts';

/** What no system call asks a kernel to do at a chosen moment, or what only a module of one's own can tell. */
const NOT_ASKED: Readonly<Partial<Record<OperationName, string>>> = {
  reclaim: 'the kernel reclaims pages when it wants to',
  swapoff: 'the machines of the lab have no swap',
  oomreap: 'the kernel reaps when memory has run out',
  work: 'the test driver leaves nothing to a queue',
  datomic: 'the test driver has no atomics',
  evopen: 'it takes a kernel module of its own',
  ev: 'it takes a kernel module of its own',
};

/** Why an operation cannot be done on a real kernel; undefined where it can. */
export const whyNotAsked = ({ name }: Operation): string | undefined => NOT_ASKED[name];

/** @throws UsageError for the first operation that cannot be done on a real kernel. */
export function demandAskable(operations: readonly Operation[]): void {
  for (const operation of operations) {
    const why = whyNotAsked(operation);
    if (why !== undefined) throw new UsageError(`operation '${operation.text}' cannot be done on a real kernel: ${why}`);
  }
}

/** Digits are read again from the text: a count may be too large for a number of JavaScript to hold. */
function word(argument: number | bigint | string, text: string): string {
  if (typeof argument === 'bigint') return `0x${argument.toString(16)}`;
  if (typeof argument === 'string') return argument;
  return /^(\d+|0x[0-9a-f]+)$/i.test(text) ? String(BigInt(text)) : String(argument);
}

/** The line of an operation. */
export function orderOf(operation: Operation): string {
  const { text, worker, name, badBuffer, args } = operation;
  const words = text.trim().split(/\s+/);
  const texts = words.slice(words[0]?.startsWith('@') === true ? 2 : 1);
  const written = args.map((argument, i) => (argument === undefined ? '' : word(argument, texts[i] as string)));
  return [String(worker), `${name}${badBuffer ? '!' : ''}`, ...written].join(' ');
}
