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
  const docs = mkdtempSync(join(tmpdir(), 'hmm-lab-docs-'));
  const folder = join(docs, 'reference');
  try {
    cpSync(join(root, 'docs/reference'), folder, { recursive: true });
    cpSync(join(root, 'docs/proofs.md'), join(docs, 'proofs.md'));
    spoil(folder);
    return spawnSync(process.execPath, [join(root, 'scripts/docs/main.mjs'), '--check', '--folder', folder], {
      encoding: 'utf8',
    });
  } finally {
    rmSync(docs, { recursive: true, force: true });
  }
}

test('stale tables are named, and the check fails', () => {
  const { status, stderr } = checked((folder) => {
    for (const page of ['kernel', 'layout', 'locks', 'points', 'options'] as const) {
      const file = join(folder, `${page}.md`);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.slice(0, text.lastIndexOf('\n|') + 1));
    }
    const proofs = join(folder, '../proofs.md');
    const page = readFileSync(proofs, 'utf8');
    const [row = '', name = '', states = ''] = /^\| ([\w-]+) \| proved \| (\d\d) .*$/m.exec(page) ?? [];
    assert.notEqual(row, '');
    const wrong = row.replace(`| ${states} |`, `| ${Number(states) + 1} |`);
    writeFileSync(
      proofs,
      page.replace(row, [wrong, row.replace(name, 'nothing')].join('\n')).replace(/^\| two-cpu-faults .*\n/m, ''),
    );
  });
  assert.equal(status, 1);
  for (const page of ['kernel', 'layout', 'locks', 'points', 'options', 'scenarios'])
    assert.match(stderr, new RegExp(`/${page}\\.md\n`));
  assert.match(stderr, /proofs\.md: [\w-]+: proved, \d\d states.*; not proved, \d+ states/);
  assert.match(stderr, /proofs\.md: nothing is no scenario any more/);
  assert.match(stderr, /proofs\.md: two-cpu-faults is missing/);
  assert.doesNotMatch(stderr, /\/(sweeps|commands)\.md/);
});
