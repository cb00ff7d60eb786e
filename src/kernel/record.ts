/** Recording: what a real kernel answers to scripts, in the format that `hmm-lab conformance` reads. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KERNELS } from '../kernels/kernels.ts';
import { version } from '../package/version.ts';
import { demandDriver, factsOf, type KernelFacts } from './check.ts';
import { type Answered, type Asked, Kernel } from './scripts.ts';
import { AgentLost, type Place } from './session.ts';

export interface Recorded {
  readonly facts: KernelFacts;
  readonly scripts: readonly Answered[];
  readonly interrupted: boolean;
}

export interface RecordHooks {
  readonly signal: AbortSignal;
  readonly onScript: (done: Answered, number: number) => void;
}

/**
 * Runs something on a kernel: on one that is there already, which goes on, or on one that is stopped afterwards. Null when the signal
 * ended the kernel meanwhile.
 */
export async function withKernel<T>(
  where: Place | Kernel,
  signal: AbortSignal,
  run: (kernel: Kernel) => Promise<T>,
): Promise<T | null> {
  const kernel = where instanceof Kernel ? where : new Kernel(where, signal);
  try {
    return await run(kernel);
  } catch (error) {
    if (signal.aborted && error instanceof AgentLost) return null;
    throw error;
  } finally {
    if (kernel !== where) await kernel.stop();
  }
}

/**
 * Records scripts. Null when it was stopped before there was anything.
 *
 * @throws UsageError where the kernel has no test driver.
 */
export function record(
  where: Place | Kernel,
  scripts: readonly Asked[],
  { signal, onScript }: RecordHooks,
): Promise<Recorded | null> {
  return withKernel(where, signal, async (kernel) => {
    const facts = await factsOf(kernel);
    demandDriver(facts);
    const done: Answered[] = [];
    for (const script of scripts) {
      if (signal.aborted) break;
      const answered = await kernel.run(script);
      // The kernel of a script that was under way when somebody said stop did not crash: it was stopped.
      if (signal.aborted && answered.crash !== undefined) break;
      done.push(answered);
      onScript(answered, done.length);
    }
    return { facts, scripts: done, interrupted: signal.aborted };
  });
}

/** The version that the model can be, if it is one of those. */
export const modelKernelOf = (release: string): string | undefined =>
  KERNELS.find((kernel) => kernel === /^\d+\.\d+(?!\d)/.exec(release)?.[0]);

/** What tells a driver from another one that is given as a module: the hash of its file. */
export function moduleMark(modules: readonly string[]): string | undefined {
  const path = modules.find((name) => /test_hmm[^/]*$/.test(name)) ?? modules[0];
  return path === undefined ? undefined : `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

/** The same of any driver; where only the kernel has it, what it says of itself. */
export const driverMark = (modules: readonly string[], { driverVersion }: KernelFacts): string | undefined =>
  moduleMark(modules) ?? (driverVersion === undefined ? undefined : `srcversion:${driverVersion}`);

/** The text of a recording: a line about the kernel, and a line for each script. What was lost with a kernel is no operation of the script. */
export function recordingText({ facts, scripts }: Recorded, driver: string | undefined): string {
  const kernel = modelKernelOf(facts.release);
  const lines = scripts.map(({ id, operations, answers, log, crash }) => ({
    id,
    ...(kernel === undefined ? {} : { kernel }),
    ops: operations.slice(0, answers.length).map(({ text }) => text),
    results: answers,
    ...(log.length === 0 ? {} : { klog: log }),
    ...(crash === undefined ? {} : { crash: { operation: operations[answers.length]?.text, ...crash } }),
  }));
  const head = { recording: 1, version, driver, ...facts };
  return `${[{ head }, ...lines].map((line) => JSON.stringify(line)).join('\n')}\n`;
}
