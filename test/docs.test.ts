/** Pages that repeat the code are refused when they are stale. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the check says of a copy of the pages that `spoil` has been at. */
function checked(spoil: (folder: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-docs-'));
  try {
    cpSync(join(root, 'docs/reference'), folder, { recursive: true });
    spoil(folder);
    return spawnSync(process.execPath, [join(root, 'scripts/docs/main.mjs'), '--check', '--folder', folder], {
      encoding: 'utf8',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('stale tables are named, and the check fails', () => {
  const { status, stderr } = checked((folder) => {
    for (const page of ['kernel', 'layout', 'locks', 'points', 'options'] as const) {
      const file = join(folder, `${page}.md`);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.slice(0, text.lastIndexOf('\n|') + 1));
    }
    const states = JSON.parse(readFileSync(join(folder, 'states.json'), 'utf8'));
    writeFileSync(join(folder, 'states.json'), JSON.stringify({ ...states, 'mini-hmm': states['mini-hmm'] + 1, nothing: 5 }));
  });
  assert.equal(status, 1);
  for (const page of ['kernel', 'layout', 'locks', 'points', 'options', 'scenarios'])
    assert.match(stderr, new RegExp(`/${page}\\.md\n`));
  assert.match(stderr, /mini-hmm has \d+ states, not \d+/);
  assert.match(stderr, /nothing is no scenario any more/);
  assert.doesNotMatch(stderr, /\/(sweeps|commands)\.md/);
});
