/** What a user wants recorded: a program of one column, files of such, or the scripts of a recording. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { readRecording } from '../engines/conformance/recording.ts';
import { UsageError } from '../input/usageError.ts';
import { isProgram, parseProgram } from '../programs/program.ts';
import type { Asked } from './scripts.ts';
import { demandAskable } from './wire.ts';

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Operations one after another. @throws UsageError for a program with more than one column. */
function sequence(text: string, id: string): Asked {
  const { given, columns } = parseProgram(text);
  if (columns.length > 1)
    throw new UsageError(
      `the program ${id} has ${columns.length} columns, and a recording is of one: operations one after another`,
    );
  return { id, operations: [...given.map(({ operation }) => operation), ...columns.flatMap(({ operations }) => operations)] };
}

function scriptsOf(argument: string, number: number): Asked[] {
  if (isProgram(argument)) return [sequence(argument, `program-${number}`)];
  if (!isFile(argument))
    throw new UsageError(`'${argument}' is neither a program, such as 'A: open 0 0 | mmap 0 1 rw anon | cw 0 1 7', nor a file`);
  if (/\.jsonl(\.gz)?$/.test(argument)) return readRecording(argument).map(({ id, operations }) => ({ id, operations }));
  return [sequence(readFileSync(argument, 'utf8'), basename(argument).replace(/\.hmm$/, ''))];
}

/**
 * The scripts of all arguments.
 *
 * @throws UsageError for what is none, or cannot be asked of a real kernel.
 */
export function askedScripts(programs: readonly string[]): Asked[] {
  const scripts = programs.flatMap((argument, i) => scriptsOf(argument, i + 1));
  for (const { operations } of scripts) demandAskable(operations);
  return scripts;
}
