/** Calls the program once for each list of arguments that it is sent, and sends back what came of it. Started by calls.ts. */
import { program } from '../src/cli/program.ts';
import type { Called } from './calls.ts';

/** Until the next call, what is written to the stream is kept. */
function caught(stream: NodeJS.WriteStream): { text: string } {
  const said = { text: '' };
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    said.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    for (const done of rest) if (typeof done === 'function') done();
    return true;
  };
  return said;
}

process.once('message', async (calls: readonly (readonly string[])[]) => {
  const all: Called[] = [];
  for (const args of calls) {
    const [stdout, stderr] = [caught(process.stdout), caught(process.stderr)];
    all.push({ status: await program(args), stdout: stdout.text, stderr: stderr.text });
  }
  process.send?.(all, () => process.exit());
});
