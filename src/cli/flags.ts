/** The flags of a command, declared once: parsing, checks and the help text all come from the table. */
import { parseArgs } from 'node:util';
import { type Bounds, boundsText, isWithin } from '../input/bounds.ts';
import { quote, UsageError, unknown } from './usage.ts';

/** One flag. */
export interface Flag {
  readonly name: string;
  /** `number` takes decimals, `whole` does not; a `list` may be given several times. */
  readonly kind: 'switch' | 'whole' | 'number' | 'text' | 'list';
  /** What the value is called in the help text. */
  readonly value?: string;
  readonly default?: number | string;
  /** The default in words, where it is computed. */
  readonly defaultText?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** Instead of `min`: the value must be larger than this. */
  readonly above?: number;
  readonly help: string;
  readonly example?: string;
}

/** What a command is to `main` and to the help text. */
export interface Command {
  readonly name: string;
  /** A paragraph for its own help. */
  readonly description: string;
  /** What it takes beside flags, as the usage line names it: `TOKEN`, `[FILE...]`. */
  readonly argument?: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** Runs it and returns the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** A command before its module is loaded. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

type Value<F extends Flag> = F['kind'] extends 'switch'
  ? boolean
  : F['kind'] extends 'list'
    ? readonly string[]
    : (F['kind'] extends 'text' ? string : number) | (F extends { readonly default: unknown } ? never : undefined);

/** The value of each flag by its name. A flag without a default is undefined when it was not given. */
export type Values<Flags extends readonly Flag[]> = { readonly [F in Flags[number] as F['name']]: Value<F> };

/** `--json`, which most commands have. */
export const jsonFlag = { name: 'json', kind: 'switch', help: 'print one JSON object on stdout; prose goes to stderr' } as const;

/** `--bug`, which the commands have that run the model. */
export const bugFlag = {
  name: 'bug',
  kind: 'text',
  value: 'ID|FILE[#ID]',
  help: 'put a bug of hmm-lab bugs into the model first, or one of your own by the path of its module (docs/corpus.md)',
  example: 'R05',
} as const;

/** Digits with an optional fraction: what a person means by a number. No exponents, no hexadecimal, no infinity. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

/** The bounds of a numeric flag. */
export const boundsOf = ({ kind, ...bounds }: Flag): Bounds => ({ ...bounds, kind: kind === 'whole' ? 'whole' : 'number' });

function toNumber(flag: Flag, text: string): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  const bounds = boundsOf(flag);
  if (!isWithin(bounds, value)) throw new UsageError(`--${flag.name} is ${quote(text)}, allowed is ${boundsText(bounds)}`);
  // `-0` would print as 0 and compare as 0, but divide otherwise.
  return value + 0;
}

/** What a command takes beside flags: at most so many of `what`. */
export interface Arguments {
  readonly what: string;
  readonly most: number;
  /** Several are one if all of them are parts of it, such as the columns of a program. */
  readonly isPart?: (text: string) => boolean;
}

/** Parses the flags of a command that takes nothing else; see {@link parseArguments}. */
export const parseFlags = <const Flags extends readonly Flag[]>(
  command: string,
  flags: Flags,
  args: readonly string[],
): Values<Flags> => parseArguments(command, flags, args).values;

/**
 * Parses the arguments of a command: flags, and what else it takes, in any order. When a flag is given twice, the last one counts, so that a command can be repeated
 * with a change at its end.
 *
 * parseArgs only splits: its own strict mode has messages of several sentences, which do not say what is allowed.
 *
 * @throws UsageError when something is not allowed.
 */
export function parseArguments<const Flags extends readonly Flag[]>(
  command: string,
  flags: Flags,
  args: readonly string[],
  others: Arguments = { what: '', most: 0 },
): { readonly values: Values<Flags>; readonly given: readonly string[] } {
  const options = Object.fromEntries(
    flags.map(({ name, kind }) => [name, { type: kind === 'switch' ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string[]>();
  const plain: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (plain.push(token.value) <= others.most || (others.isPart !== undefined && plain.every(others.isPart))) continue;
      throw new UsageError(`unexpected argument ${quote(token.value)}, hmm-lab ${command} takes ${takes(flags, others)}`);
    }
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => token.rawName === `--${name}`);
    if (flag === undefined) throw unknownFlag(command, flags, token.rawName, others);
    given.set(flag.name, [...(given.get(flag.name) ?? []), textOf(flag, token)]);
  }
  const values = Object.fromEntries(flags.map((flag) => [flag.name, convert(flag, given.get(flag.name))])) as Values<Flags>;
  return { values, given: plain };
}

function takes(flags: readonly Flag[], { what, most }: Arguments): string {
  const names = flags.map(({ name }) => `--${name}`).join(' ');
  if (most > 0) return names === '' ? what : `${what} and flags: ${names}`;
  return names === '' ? 'no arguments' : `only flags: ${names}`;
}

function unknownFlag(command: string, flags: readonly Flag[], rawName: string, others: Arguments): UsageError {
  const names = flags.map(({ name }) => `--${name}`);
  return unknown('flag', rawName, names, `hmm-lab ${command} takes ${takes(flags, others)}`);
}

/** The text of a flag's value, or `''` for a switch. */
function textOf(
  flag: Flag,
  { value, inlineValue }: { readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
): string {
  if (flag.kind === 'switch') {
    if (value !== undefined) throw new UsageError(`--${flag.name} is a switch and takes no value, given was ${quote(value)}`);
    return '';
  }
  // What looks like a flag after a flag is the next flag; `--rate -5` however is a value, and a wrong one.
  if (value === undefined || (inlineValue === false && value.startsWith('--'))) {
    throw new UsageError(`--${flag.name} needs a value: --${flag.name} ${flag.value ?? 'NUMBER'}${allowedValue(flag)}`);
  }
  return value;
}

function allowedValue(flag: Flag): string {
  if (flag.kind === 'whole' || flag.kind === 'number') return `, ${boundsText(boundsOf(flag))}`;
  return flag.example === undefined ? '' : `, such as ${flag.example}`;
}

function convert(flag: Flag, given: readonly string[] | undefined): boolean | number | string | readonly string[] | undefined {
  const last = given?.at(-1);
  switch (flag.kind) {
    case 'switch':
      return given !== undefined;
    case 'list':
      return given ?? [];
    case 'text':
      return last ?? flag.default;
    default:
      return last === undefined ? flag.default : toNumber(flag, last);
  }
}
