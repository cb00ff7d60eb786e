/** What is wrong with a value that should be a bug or a control. */
import type { Bug, Edit, Mutation } from '../bugs/bug.ts';
import { boundsText, isWithin } from '../input/bounds.ts';
import { shown } from '../input/options.ts';

/** An object by its keys, of which nothing is known. */
type Doubtful = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Doubtful => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
const isTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText);

const EDIT = ['module', 'in', 'find', 'replace', 'imports'] satisfies (keyof Edit)[];
const MUTATION = ['id', 'title', 'reference', 'scenario', 'edits', 'settings'] satisfies (keyof Mutation)[];
/** What makes a bug of a mutation; without them it is a control. */
const BUG = ['kind', 'threads', 'preemptions', 'oracles'] satisfies (keyof Bug)[];

function unknownKey(given: Doubtful, keys: readonly string[]): string | null {
  const odd = Object.keys(given).find((key) => !keys.includes(key));
  return odd === undefined ? null : `has '${odd}', allowed are ${keys.join(', ')}`;
}

function editDefect(edit: unknown): string | null {
  if (!isObject(edit)) return 'is no object { module, find, replace }';
  const odd = unknownKey(edit, EDIT);
  if (odd !== null) return odd;
  const { module, find, replace, in: within, imports = {} } = edit;
  if (!isText(module) || !isText(find)) return 'needs a module and the code to find, each a text';
  if (typeof replace !== 'string') return 'needs replace, a text; an empty one takes the code away';
  if (within !== undefined && !isText(within)) return 'has in, which is no name of a function';
  return isTexts(imports) ? null : 'has imports that are no object of modules by the names they export';
}

function editsDefect({ edits, settings = {} }: Doubtful): string | null {
  if (!Array.isArray(edits)) return 'its edits are no list';
  for (const [i, edit] of edits.entries()) {
    const defect = editDefect(edit);
    if (defect !== null) return `its edit ${i + 1} ${defect}`;
  }
  if (!isTexts(settings)) return 'its settings are no object of texts, such as { retryCheck: "none" }';
  const changes = edits.length > 0 || Object.keys(settings as object).length > 0;
  return changes ? null : 'it changes nothing: it has neither edits nor settings';
}

const bounds = {
  threads: { kind: 'whole', min: 1, max: 64 },
  preemptions: { kind: 'whole', min: 0, max: 100 },
} as const;

function bugDefect(given: Doubtful): string | null {
  if (BUG.every((key) => given[key] === undefined)) return null;
  const { kind, oracles } = given;
  if (!isText(kind)) return 'it needs a kind, such as SDM; without kind, threads, preemptions and oracles it is a control';
  for (const [key, limits] of Object.entries(bounds))
    if (!isWithin(limits, given[key])) return `its ${key} are ${shown(given[key])}, allowed is ${boundsText(limits)}`;
  if (Array.isArray(oracles) && oracles.length > 0 && oracles.every(isText)) return null;
  return 'its oracles are no list of the rules that it breaks, such as ["I-STALE"]';
}

/** Why a value is neither a bug nor a control, null when it is one. Whether its edits fit the model is seen when they are made. */
export function mutationDefect(given: unknown): string | null {
  if (!isObject(given)) return `it is ${Array.isArray(given) ? 'a list' : shown(given)}`;
  const odd = unknownKey(given, [...MUTATION, ...BUG]);
  if (odd !== null) return `it ${odd}`;
  const { id } = given;
  if (!isText(id) || !/^[\w.-]+$/.test(id.replace(/^.*#/, '')))
    return `its id is ${shown(id)}, allowed are letters, digits, '.', '-' and '_'`;
  const missing = ['title', 'reference', 'scenario'].find((key) => !isText(given[key]));
  if (missing !== undefined) return `it needs a ${missing}, a text`;
  return editsDefect(given) ?? bugDefect(given);
}
