/**
 * The program called many times in one process: for calls that come to nothing but a sentence, or a page of help. A process for each takes
 * half a second, nearly all of it for loading modules.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const child = fileURLToPath(new URL('callsChild.js', import.meta.url));

/** What came of each call. Whatever a call writes past its streams, or after its end, fails. `cwd`: where it is called. */
export async function calls(list: readonly (readonly string[])[], cwd?: string): Promise<readonly Called[]> {
  const one = fork(child, { cwd, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], timeout: 60_000 });
  const streams = Promise.all([text(one.stdout as NodeJS.ReadableStream), text(one.stderr as NodeJS.ReadableStream)]);
  const closed = once(one, 'close');
  let all: readonly Called[] | undefined;
  one.once('message', (message) => {
    all = message as readonly Called[];
  });
  one.send(list);
  await closed;
  assert.deepEqual(await streams, ['', '']);
  assert.ok(all !== undefined, 'the process has ended before all calls were made');
  return all;
}

/** Arguments, and what the one line on stderr must say: what was given, and what is allowed. */
export type Refused = readonly [args: readonly string[], ...says: RegExp[]];

/** Lines of progress: on a busy machine they come while modules are still being loaded. */
const PROGRESS = /^[^\n]* of [^\n]* s \| [^\n]*\n/gm;

/** Was nothing done but to say one sentence, with exit code 2? */
export function assertRefused({ status, stdout, stderr }: Called, says: readonly RegExp[]): void {
  assert.equal(status, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr.replace(PROGRESS, ''), /^hmm-lab: [^\n]+\n$/);
  assert.doesNotMatch(stderr, / {4}at /);
  for (const say of says) assert.match(stderr, say);
}
