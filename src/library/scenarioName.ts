/** What a scenario is called that was asked for: a program is called by its text, so that results and tokens are about it and not about a file. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../input/usageError.ts';
import { isProgram, parseProgram, programName } from '../programs/program.ts';

/** @throws UsageError when a program is none, or its file cannot be read. */
export function scenarioName(asked: string): string {
  if (asked.endsWith('.hmm')) return programName(parseProgram(textOf(asked)));
  return isProgram(asked) ? programName(parseProgram(asked)) : asked;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`program '${file}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
