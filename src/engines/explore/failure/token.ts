/**
 * A replay token: everything needed to see one execution again, as one printable word.
 *
 * `hmm1.HASH.PAYLOAD`: HASH is of the model's code, so that a token is not replayed on another model unnoticed; PAYLOAD is
 * base64url of JSON [scenario, driver settings, runs, bug], where runs are [actor, steps, actor, steps, ...] and bug is the id
 * of the one that was put into the model, if any.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { UsageError } from '../../../input/usageError.ts';
import { activeBug } from '../../../package/activeBug.ts';
import { treeText } from '../../../package/treeText.ts';

const PREFIX = 'hmm1';
const HASH_LENGTH = 8;
/** Steps of the longest schedule: more than any execution may have. */
const MOST_STEPS = 2_000_000;

/** What a token says. */
export interface Replayable {
  readonly scenario: string;
  readonly settings: DriverSettings;
  /** Whose step each is, in stretches: [actor, steps, actor, steps, ...]. */
  readonly runs: readonly number[];
  /** Of the model it was made with. */
  readonly model: string;
  /** The bug in that model. */
  readonly bug: string | null;
}

/** Parts of the tree that decide what a schedule means. */
const MODEL = ['arena', 'steps', 'sync', 'notifier', 'mm', 'hmm', 'migrate', 'drivers', 'programs', 'scenarios', 'oracles'];

/** Parts of it that decide what a state is, and which ones a search meets. */
const EXPLORER = ['engines/explore/machine', 'engines/explore/search'];

let known: string | undefined;

/** Hash of the model's code in the tree that runs, and of the modules of a scenario that is not the model's. */
export function modelHash(sources = ''): string {
  known ??= codeHash(MODEL);
  return sources === '' ? known : createHash('sha256').update(known).update(sources).digest('hex').slice(0, HASH_LENGTH);
}

/** Hash of the code that makes a search of the model. */
export const explorerHash = (): string => codeHash(EXPLORER);

function codeHash(folders: readonly string[]): string {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => /\.[jt]s$/.test(name));
    for (const file of files.filter((name) => !name.endsWith('.d.ts')).sort())
      hash.update(treeText(`${folder}/${file.replace(/\.[jt]s$/, '')}`));
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

/** [actor, steps, actor, steps, ...] */
function runs(schedule: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let i = 0; i < schedule.length; i++) {
    if (out.length > 0 && out.at(-2) === schedule[i]) out[out.length - 1] = (out.at(-1) as number) + 1;
    else out.push(schedule[i] as number, 1);
  }
  return out;
}

/** `sources` is that of the scenario. */
export function makeToken(scenario: string, settings: DriverSettings, schedule: ArrayLike<number>, sources = ''): string {
  const said = [scenario, settings, runs(schedule), ...(activeBug === null ? [] : [activeBug])];
  const payload = Buffer.from(JSON.stringify(said)).toString('base64url');
  return `${PREFIX}.${modelHash(sources)}.${payload}`;
}

const cutOff = (): UsageError => new UsageError('the token is cut off or not a token: it looks like hmm1.HASH.PAYLOAD');

function isPayload(value: unknown): value is [string, Record<string, string>, number[], string?] {
  if (!Array.isArray(value) || value.length < 3 || value.length > 4) return false;
  const [scenario, settings, counts, bug] = value as unknown[];
  const whole = (item: unknown): boolean => Number.isSafeInteger(item) && (item as number) >= 0;
  return (
    typeof scenario === 'string' &&
    typeof settings === 'object' &&
    settings !== null &&
    Array.isArray(counts) &&
    counts.every(whole) &&
    ['string', 'undefined'].includes(typeof bug)
  );
}

/** What a token says, whichever model made it. @throws UsageError for a cut-off token. */
export function decodeToken(token: string): Replayable {
  const [prefix, model, payload, rest] = token.split('.');
  if (prefix !== PREFIX || model === undefined || payload === undefined || rest !== undefined) throw cutOff();
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    throw cutOff();
  }
  if (!isPayload(value)) throw cutOff();
  const [scenario, settings, counts, bug = null] = value;
  return { scenario, settings, runs: counts, model, bug };
}

/** The steps of a schedule, one by one. Only once the token is known to be one of this model: a few digits can ask for any length. */
function stepsOf(counts: readonly number[]): number[] {
  const steps = counts.reduce((sum, count, i) => (i % 2 === 1 ? sum + count : sum), 0);
  if (steps > MOST_STEPS) throw new UsageError(`the schedule of the token has ${steps} steps, allowed are at most ${MOST_STEPS}`);
  return counts.flatMap((actor, i) => (i % 2 === 0 ? new Array<number>(counts[i + 1] ?? 0).fill(actor) : []));
}

/**
 * What a token of this model says; `sources` are those of its scenario.
 *
 * @throws UsageError for a cut-off token, one made by another model, or one that asks for more steps than an execution may have.
 */
export function readToken(token: string, sources = ''): Replayable & { readonly schedule: readonly number[] } {
  const said = decodeToken(token);
  const here = modelHash(sources);
  if (said.model === here && said.bug === activeBug) return { ...said, schedule: stepsOf(said.runs) };
  const made = said.bug === null ? 'another model' : `another model with bug ${said.bug}`;
  const or = sources === '' ? '' : `, or ${said.scenario} was another`;
  throw new UsageError(`the token was made by ${made}${or} (${said.model}, this one is ${here}): find the failure again`);
}
