/** How places in a kernel are probed. */
import { UsageError } from '../input/usageError.ts';
import { findings, type KernelFacts } from './check.ts';

/** `auto`: each stage in the first of the other ways that it can be. */
export const WAYS = ['auto', 'fentry', 'module', 'kprobe'] as const;
export type Way = (typeof WAYS)[number];

/** @throws UsageError for what is none. */
export function wayNamed(name: string): Way {
  const way = WAYS.find((one) => one === name);
  if (way === undefined) throw new UsageError(`--probes is '${name}', allowed are ${WAYS.join(', ')}`);
  return way;
}

/** What every way takes. */
const NEEDED = ['kprobes', 'symbols', 'code', 'lockdown'];
/** What one takes besides. Without a second CPU nobody else runs while a kprobe holds one. */
const ALSO: Readonly<Record<Way, readonly string[]>> = {
  auto: [],
  fentry: ['BPF', 'BTF'],
  module: ['hmm_lab_hold'],
  kprobe: ['BPF', 'processors'],
};

/** Probing a kernel needs these. @throws UsageError with the first one that is missing. */
export function demandProbes(facts: KernelFacts, way: Way): void {
  const all = findings(facts);
  const lack = (what: string): string | undefined => all.find((one) => one.what === what && !one.has)?.sentence;
  const missing = [...NEEDED, ...ALSO[way]].map(lack).find((sentence) => sentence !== undefined);
  if (missing !== undefined) throw new UsageError(`no schedule can be taken on Linux ${facts.release}: ${missing}`);
  if (way !== 'auto') return;
  // Each other way lacks something: what the last one lacks is the nearest to be had.
  const lacks = WAYS.filter((one) => one !== 'auto').map((one) => ALSO[one].map(lack).find((sentence) => sentence !== undefined));
  if (lacks.every((sentence) => sentence !== undefined))
    throw new UsageError(`no schedule can be taken on Linux ${facts.release}: ${lacks.at(-1)}`);
}

/** What `auto` does without, in a sentence; undefined where it has all that it takes. */
export function fallBack(facts: KernelFacts, way: Way): string | undefined {
  if (way !== 'auto') return undefined;
  const lacks = new Set(findings(facts).flatMap(({ what, has }) => (has ? [] : [what])));
  if (lacks.has('processors'))
    return 'One CPU is online: only functions that fentry can take, or the module, are places to be held at.';
  if (lacks.has('BTF'))
    return `The kernel does not describe its types (BTF): stages are probed by ${lacks.has('hmm_lab_hold') ? 'kprobes' : 'the module'} alone.`;
  return undefined;
}

/** Words for how a kernel is probed, where that leaves places out. */
export function howProbed({ cpus, hold }: KernelFacts, way: Way): string {
  if (way !== 'auto') return ` by ${way}`;
  return cpus === 1 && !hold ? ' while one CPU is online and hmm_lab_hold is not loaded' : '';
}
