/** Traces for tests: files of the project, and text that is written to a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseProgram, programText } from '../../src/programs/program.ts';
import { type Traced, traced } from '../../src/trace/traced.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-trace-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A file with this text. */
export function fileOf(text: string | Buffer): string {
  const name = join(folder, `trace${++files}.txt`);
  writeFileSync(name, text);
  return name;
}

/** A trace of the project, by its path from the root. */
export const recorded = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Lines of ftrace, in the order in which they are written: `106 sys_munmap(...)` is what thread 106 does, `106/9` one of process 9. */
export const ftrace = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line, i) => {
      const [, pid = '', tgid = '100', what = ''] = /^\s*(\d+)(?:\/(\d+))?\s+(.*)$/.exec(line) ?? [];
      return pid === '' ? line : `      agent-${pid}     (    ${tgid}) [000] d..1.     7.${String(i).padStart(6, '0')}: ${what}`;
    })
    .join('\n')
    .concat('\n');

/** What a text of lines as `ftrace` has them comes to. */
export const tracedOf = (text: string): Promise<Traced> => traced(fileOf(ftrace(text)));

/** The program of a trace without its remarks, a line each; null if there is none. */
export const programIn = ({ skeleton }: Traced): string[] | null =>
  skeleton === null ? null : programText(parseProgram(skeleton.text)).trimEnd().split('\n');
