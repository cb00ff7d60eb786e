/** `--shard I/N`: one part of a long job. */
import type { Shard } from '../input/shard.ts';
import { quote, UsageError } from './usage.ts';

export const shardFlag = {
  name: 'shard',
  kind: 'text',
  value: 'I/N',
  help: 'only part I of N; hmm-lab merge joins the parts',
  example: '2/4',
} as const;

/** Undefined for the whole. Which parts there are is checked with all options. @throws UsageError for what is not written as a part. */
export function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, i = '', n = ''] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  if (i === '') throw new UsageError(`--shard is ${quote(text)}, allowed is I/N with I from 1 to N, such as 2/4`);
  return [Number(i), Number(n)];
}
