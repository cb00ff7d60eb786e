/** Printed output in the pages: a fenced block behind a marker `<!-- output: npx hmm-lab ... -->` is what that command prints. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MARKED = /<!-- output(?: of the first (\d+) lines)?: (.+?) -->\n+```(\w*)\n([\s\S]*?)```/g;

/** What a command prints on stdout, with the program of this build in place of `npx hmm-lab`. */
function printed(root, command) {
  const line = command.replace(/^npx hmm-lab\b/, `"${process.execPath}" "${join(root, 'dist/erased/src/cli/main.js')}"`);
  const { stdout, stderr, error } = spawnSync(line, {
    shell: true,
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (error !== undefined) throw error;
  if (stdout.trim() === '') throw new Error(`${command} prints nothing: ${stderr}`);
  return stdout.trimEnd();
}

/** Runs the commands that are marked in the pages and puts in what they print. Returns how many blocks there were. */
export function refreshOutputs(root) {
  const pages = [
    'README.md',
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];
  let blocks = 0;
  for (const name of pages) {
    const file = join(root, name);
    const text = readFileSync(file, 'utf8');
    const fresh = text.replace(MARKED, (block, lines, command, language, old) => {
      blocks++;
      process.stderr.write(`${name}: ${command}\n`);
      const all = printed(root, command).split('\n');
      const kept = lines === undefined ? all : all.slice(0, Number(lines));
      return block.replace(`\`\`\`${language}\n${old}\`\`\``, () => `\`\`\`${language}\n${kept.join('\n')}\n\`\`\``);
    });
    if (fresh !== text) writeFileSync(file, fresh);
  }
  return blocks;
}
