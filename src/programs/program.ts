/**
 * Programs: what is done before (`given`), a column of operations for each actor, and what must hold or be reached, as text.
 *
 *     given  open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1
 *     A: cw 0 1 8
 *     B: madvise 0 1 dontneed
 *     end    cr 0 1 is 0 or 8
 *     reach  A at faultRetry
 *     schedule A@lock B@done
 *
 * Lines, or parts of one line between semicolons; what follows a `#` at the beginning of a word is a remark.
 */
import { isUsageError, UsageError } from '../input/usageError.ts';
import { type Operation, parseOperation } from './operation.ts';

/** An operation of the set-up. */
export interface Given {
  /** Who does it, so that its TLB knows of it; undefined for nobody of those that run later. */
  readonly actor: string | undefined;
  readonly operation: Operation;
}

export interface Column {
  readonly actor: string;
  readonly operations: readonly Operation[];
}

/** What an operation finds when all columns are done. */
export interface Ending {
  readonly operation: Operation;
  /** Each is a list of values as {@link Operation} answers them, joined by commas. */
  readonly values: readonly string[];
}

/** A place an actor must come to, perhaps while another one is at a place of its own. */
export interface Reach {
  readonly actor: string;
  readonly point: string;
  readonly while: { readonly actor: string; readonly point: string } | undefined;
}

export interface Program {
  readonly given: readonly Given[];
  readonly columns: readonly Column[];
  readonly ends: readonly Ending[];
  readonly reaches: readonly Reach[];
  /** One interleaving of it, in named points; undefined for all. */
  readonly schedule: string | undefined;
}

const COLUMN = /^([A-Za-z]\w*):(.*)$/;
const RESERVED = /^(given|end|reach|schedule)\b/;
const ENDING = /^(.*?)\s+is\s+(.+)$/;
const REACH = /^(\w+)\s+at\s+(\w+)(?:\s+while\s+(\w+)\s+at\s+(\w+))?$/;

/** Does it look like a program, and not like the name of something or a path with a drive? */
export const isProgram = (text: string): boolean => /^\s*((given|end|reach|schedule)\s|[A-Za-z]\w*:(?![\\/]))/.test(text);

/** Columns that may be; an explorer has as many actors. */
const MOST_COLUMNS = 30;

const operationsOf = (text: string): string[] => text.split('|').map((one) => one.trim());

function givenOf(text: string): Given {
  const [, actor, rest = text] = COLUMN.exec(text) ?? [];
  return { actor, operation: parseOperation(rest) };
}

function endingOf(text: string): Ending {
  const [, operation, values] = ENDING.exec(text) ?? [];
  if (operation === undefined || values === undefined)
    throw new UsageError(`'end ${text}' is not of the form: end OPERATION is VALUES or VALUES`);
  return { operation: parseOperation(operation), values: values.split(/\s+or\s+/).map((one) => one.replace(/\s+/g, '')) };
}

function reachOf(text: string): Reach {
  const [, actor, point, other, where] = REACH.exec(text) ?? [];
  if (actor === undefined || point === undefined)
    throw new UsageError(
      `'reach ${text}' is not of the form: reach ACTOR at POINT, or: reach ACTOR at POINT while ACTOR at POINT`,
    );
  return { actor, point, while: other === undefined || where === undefined ? undefined : { actor: other, point: where } };
}

/** The lines, or what is between semicolons, that say something; with the number of the line. */
const statements = (text: string): (readonly [line: number, statement: string])[] =>
  text.split('\n').flatMap((line, i) =>
    line
      .replace(/(^|\s)#.*/, '')
      .split(';')
      .map((part) => [i + 1, part.trim()] as const)
      .filter(([, part]) => part !== ''),
  );

/**
 * Reads a program.
 *
 * @throws UsageError, one sentence that names the line and what is wrong in it.
 */
export function parseProgram(text: string): Program {
  const given: Given[] = [];
  const columns: Column[] = [];
  const ends: Ending[] = [];
  const reaches: Reach[] = [];
  let schedule: string | undefined;
  const read = (statement: string): void => {
    const [, word] = RESERVED.exec(statement) ?? [];
    const [, actor, operations] = COLUMN.exec(statement) ?? [];
    if (word === 'given') given.push(...operationsOf(statement.slice(word.length)).map(givenOf));
    else if (word === 'end') ends.push(endingOf(statement.slice(word.length).trim()));
    else if (word === 'reach') reaches.push(reachOf(statement.slice(word.length).trim()));
    else if (word === 'schedule' && schedule !== undefined) throw new UsageError('there are two schedules');
    else if (word === 'schedule') schedule = statement.slice(word.length).trim().split(/\s+/).join(' ');
    else if (actor === undefined || operations === undefined)
      throw new UsageError(`'${statement}' is neither 'given ...' nor 'ACTOR: ...', 'end ...', 'reach ...' or 'schedule ...'`);
    else if (columns.some((column) => column.actor === actor)) throw new UsageError(`actor ${actor} has two columns`);
    else columns.push({ actor, operations: operationsOf(operations).map(parseOperation) });
  };
  for (const [line, statement] of statements(text)) {
    try {
      read(statement);
    } catch (error) {
      if (!isUsageError(error)) throw error;
      throw new UsageError(`line ${line} of the program: ${error.message}`);
    }
  }
  const program = { given, columns, ends, reaches, schedule };
  const defect = defectOf(program);
  if (defect !== null) throw new UsageError(`the program ${defect}`);
  return program;
}

/** What is wrong with the program as a whole; null if nothing is. */
function defectOf({ given, columns, reaches }: Program): string | null {
  const names = columns.map(({ actor }) => actor);
  if (names.length === 0) return "has no column: one is 'A: OPERATION | OPERATION'";
  if (names.length > MOST_COLUMNS) return `has ${names.length} columns, at most ${MOST_COLUMNS} are possible`;
  const named = [
    ...given.flatMap(({ actor }) => (actor === undefined ? [] : [actor])),
    ...reaches.flatMap((reach) => [reach.actor, ...(reach.while === undefined ? [] : [reach.while.actor])]),
  ];
  const odd = named.find((name) => !names.includes(name));
  return odd === undefined ? null : `names the actor '${odd}', and its columns are ${names.join(', ')}`;
}

const worded = ({ text }: Operation): string => text.trim().split(/\s+/).join(' ');

/** The lines of a program in their usual form. */
function lines({ given, columns, ends, reaches, schedule }: Program): string[] {
  const before = given.map(({ actor, operation }) => `${actor === undefined ? '' : `${actor}: `}${worded(operation)}`);
  return [
    ...(before.length === 0 ? [] : [`given ${before.join(' | ')}`]),
    ...columns.map(({ actor, operations }) => `${actor}: ${operations.map(worded).join(' | ')}`),
    ...ends.map(({ operation, values }) => `end ${worded(operation)} is ${values.join(' or ')}`),
    ...reaches.map(({ actor, point, while: other }) => {
      const meanwhile = other === undefined ? '' : ` while ${other.actor} at ${other.point}`;
      return `reach ${actor} at ${point}${meanwhile}`;
    }),
    ...(schedule === undefined ? [] : [`schedule ${schedule}`]),
  ];
}

/** The program in its usual form, a line each. */
export const programText = (program: Program): string => `${lines(program).join('\n')}\n`;

/** The program in one line, which is its name as a scenario. Whatever schedule it has, it is the same program. */
export const programName = (program: Program): string => lines({ ...program, schedule: undefined }).join('; ');

/** The program that a scenario is, whatever driver it is run with: `PROGRAM@DRIVER`. */
export const programOfScenario = (scenario: string): string => scenario.replace(/@[^@\s]*$/, '');
