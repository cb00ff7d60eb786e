/** A self-test of the kernel (tools/testing/selftests/mm/hmm-tests.c) in the numbering of docs/conformance.md. */
import type { Steps } from '../../src/steps/steps.ts';
import type { Bench, Kind } from './bench.ts';

export interface SelfTest {
  readonly number: number;
  /** As the harness names it, without the variant: `hmm.anon_read`. */
  readonly name: string;
  /** Needs huge pages. */
  readonly huge?: boolean;
  readonly run: (bench: Bench) => Steps<void>;
  /** The second thread, for the tests that have one. */
  readonly thread?: (bench: Bench) => Steps<void>;
  /** It cannot run but with its second thread. */
  readonly needsThread?: boolean;
  /** Driver options the test asks for. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The variants: the kind of memory of the devices. */
export const KINDS: readonly Kind[] = ['private', 'coherent'];

/** A case as the harness names it, after its number: `2 hmm.hmm_device_private.anon_read`. */
export function caseName({ number, name }: SelfTest, kind: Kind): string {
  const [fixture, test] = name.split('.');
  return `${number} ${fixture}.${fixture}_device_${kind}.${test}`;
}
