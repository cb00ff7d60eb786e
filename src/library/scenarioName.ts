/** What a scenario is called that was asked for: a program is called by its text, so that results and tokens are about it and not about a file. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../input/usageError.ts';
import { isProgram, type Program, parseProgram, programName } from '../programs/program.ts';

/** The program that was asked for, as text or by its file; null if it is none. @throws UsageError when it cannot be read. */
export function programAsked(asked: string): Program | null {
  if (asked.endsWith('.hmm')) return parseProgram(textOf(asked));
  return isProgram(asked) ? parseProgram(asked) : null;
}

/** @throws UsageError when a program is none, or its file cannot be read. */
export function scenarioName(asked: string): string {
  const program = programAsked(asked);
  return program === null ? asked : programName(program);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`program '${file}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
