/** Modules of a user's, in a folder that is gone when the tests of the file are over. Its name has an @, as names of scenarios may. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-driver@-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a module, and returns its path. */
export function module(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

/** The driver that docs/drivers.md shows: a device without memory of its own, with a switch for a defect. */
const page = readFileSync(new URL('../../../../docs/drivers.md', import.meta.url), 'utf8');
export const touch = module('touch.mjs', /```js\n(\/\/ touch-mirror[\s\S]*?)```/.exec(page)?.[1] ?? '');
