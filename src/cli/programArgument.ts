/** A program on the command line: its columns, and what is given before. */
import { isProgram } from '../programs/program.ts';
import { quote, UsageError } from './usage.ts';

export const givenFlag = {
  name: 'given',
  kind: 'text',
  value: 'OPERATIONS',
  help: 'what is done before the columns of a program (docs/programs.md)',
  example: '"open 0 0 | mmap 0 1 rw anon | cw 0 1 7"',
} as const;

/** Columns, and what is given, are one program. @throws UsageError when something is given and there is no column. */
export function programOf(plain: readonly string[], given: string | undefined): readonly string[] {
  if (given !== undefined && !(plain.length > 0 && plain.every(isProgram)))
    throw new UsageError("--given is what is done before the columns of a program, such as 'A: cw 0 1 8' 'B: munmap 0 1'");
  return plain.every(isProgram) && plain.length > 0
    ? [[...(given === undefined ? [] : [`given ${given}`]), ...plain].join('; ')]
    : plain;
}

/** The same for a command that takes a program and nothing else; undefined without one. @throws UsageError for what is none. */
export function onlyProgram(command: string, plain: readonly string[], given: string | undefined): string | undefined {
  const [program] = programOf(plain, given);
  if (program === undefined || isProgram(program) || program.endsWith('.hmm')) return program;
  throw new UsageError(
    `unexpected argument ${quote(program)}, hmm-lab ${command} takes a program: a file NAME.hmm, or columns such as 'A: cw 0 1 8'`,
  );
}
