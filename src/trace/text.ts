/** The lines of a file, one after another: it may be larger than memory, and need not be text. */
import { createReadStream } from 'node:fs';
import { UsageError } from '../input/usageError.ts';

/** Characters of the longest line; what is longer is cut off, and is no line of a trace. */
const MOST_CHARACTERS = 4096;

/** The head of what `trace-cmd record` writes. */
const RECORDED = '\x17\x08Dtracing';

/** What is no text has bytes of it that no text has. */
const isBinary = (text: string): boolean => text.includes('\0');

/** @throws UsageError for a file of bytes, and says what makes a text of it. */
function demandText(name: string, first: string): void {
  if (first.startsWith(RECORDED))
    throw new UsageError(`trace '${name}' is what trace-cmd has recorded: 'trace-cmd report -i ${name}' makes a text of it`);
  if (isBinary(first))
    throw new UsageError(`trace '${name}' is no text, and the text of ftrace or of trace-cmd report is needed`);
}

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** It is the last one, and does not end as a line does. */
  readonly isCutOff: boolean;
}

/**
 * Tells each line, in order, until `tell` says false.
 *
 * @throws UsageError when the file cannot be read, or is no text.
 */
export async function eachLine(name: string, tell: (line: Line) => boolean): Promise<void> {
  let [number, rest] = [0, ''];
  try {
    for await (const chunk of createReadStream(name, { encoding: 'latin1', highWaterMark: 1 << 16 })) {
      if (number === 0 && rest === '') demandText(name, chunk as string);
      const parts = (rest + (chunk as string)).split('\n');
      rest = (parts.pop() as string).slice(0, MOST_CHARACTERS);
      for (const text of parts) if (!tell({ number: ++number, text: text.replace(/\r$/, ''), isCutOff: false })) return;
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UsageError(`trace '${name}' cannot be read: ${error.message}`, { cause: error });
  }
  if (rest !== '') tell({ number: ++number, text: rest, isCutOff: true });
}
