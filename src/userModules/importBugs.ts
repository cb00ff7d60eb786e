/** Bugs and controls of the user's: what a module exports. They are data, so it is loaded in a thread, and may do there what it likes. */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutation } from '../bugs/bug.ts';
import { UsageError } from '../input/usageError.ts';
import { mutationDefect } from './mutationDefect.ts';
import { fileOf, isFile, shownName } from './places.ts';
import { inProbe } from './probe.ts';

/** What the thread has found: the default export, as far as it is data, or why there is none. */
export type ProbedBugs = { readonly exported: unknown } | { readonly why: string };

/** `PATH#ID` means one of several; a path may have a `#` in it, too. */
function partsOf(name: string): { readonly file: string; readonly id: string | null } {
  const at = name.lastIndexOf('#');
  const whole = fileOf(name, 'bug');
  if (at < 0 || isFile(whole)) return { file: whole, id: null };
  return { file: fileOf(name.slice(0, at), 'bug'), id: name.slice(at + 1) };
}

/** Paths in the name of a scenario are from the folder of the bug's module. */
const fromFolder = (scenario: string, folder: string): string =>
  scenario
    .split('@')
    .map((part) => (/^\.{1,2}\//.test(part) ? shownName(resolve(folder, part)) : part))
    .join('@');

/**
 * What a module exports by default, one mutation or a list of them, each with an id by which it can be named anywhere: `PATH#ID`.
 *
 * @throws UsageError, one sentence, when it does not load, or exports something else.
 */
export async function importBugs(name: string): Promise<readonly Mutation[]> {
  const { file, id } = partsOf(name);
  const shown = shownName(file);
  if (!isFile(file)) throw new UsageError(`bug module '${shown}' does not exist`);
  const what = `bug module '${shown}'`;
  const found = await inProbe<ProbedBugs>('bugs', { module: pathToFileURL(file).href }, what);
  const probed = typeof found === 'string' ? { why: found } : found;
  if ('why' in probed) throw new UsageError(probed.why.startsWith(what) ? probed.why : `${what} ${probed.why}`);
  const list = Array.isArray(probed.exported) ? (probed.exported as unknown[]) : [probed.exported];
  if (list.length === 0) throw new UsageError(`${what} exports an empty list, allowed is a bug, a control, or a list of them`);
  const all = list.map((given, i) => {
    const defect = mutationDefect(given);
    const which = list.length === 1 ? '' : ` in its entry ${i + 1}`;
    if (defect !== null) throw new UsageError(`${what} exports by default neither a bug nor a control${which}: ${defect}`);
    const mutation = given as Mutation;
    return { ...mutation, id: `${shown}#${mutation.id}`, scenario: fromFolder(mutation.scenario, dirname(file)) };
  });
  const ids = all.map((one) => one.id);
  const twice = ids.find((one, i) => ids.indexOf(one) !== i);
  if (twice !== undefined) throw new UsageError(`${what} exports two changes of the id ${twice}`);
  const chosen = id === null ? all : all.filter((one) => one.id === `${shown}#${id}`);
  if (chosen.length === 0) throw new UsageError(`${what} exports no '${id}', allowed are ${ids.join(', ')}`);
  return chosen;
}
