/** `--cost NAME=NS`: costs of the simulator. */
import { quote, UsageError } from './usage.ts';

export const costFlag = {
  name: 'cost',
  kind: 'list',
  value: 'NAME=NS',
  help: 'a cost of the simulator in nanoseconds (docs/simulate.md)',
} as const;

/** @throws UsageError for what is not written as a cost. */
export function costSettings(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', ns = ''] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
      if (name === '') throw new UsageError(`--cost is ${quote(text)}, allowed is NAME=NANOSECONDS, such as copyPage=350`);
      return [name, Number(ns)];
    }),
  );
}
