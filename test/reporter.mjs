/**
 * node:test reporter: one line per test with the tree it ran from, the failure in full, and one closing line that starts
 * with PASS or FAIL. A file that registers no test (an early process.exit) counts as a failure: silence is not success.
 */
import { relative, resolve } from 'node:path';

export default async function* reporter(source) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const started = performance.now();
  // With source maps a test names its .ts file, which both trees share. The built file is the one the runner took up last;
  // that holds because the files run one at a time (--test-concurrency=1).
  let tree = '';
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    const isFile = data.nesting === 0 && data.file !== undefined && resolve(data.name ?? '') === data.file;
    if (isFile && (type === 'test:dequeue' || type === 'test:pass' || type === 'test:fail')) tree = treeOf(data.file);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite counts only when it fails by itself, in a hook: its tests are counted one by one.
    if (data.details?.type === 'suite' && data.details.error?.failureType !== 'hookFailed') continue;
    const where = `${relative('.', data.file ?? '')}:${data.line ?? 0}`;
    const name = `${tree} ${isFile ? relative('.', data.name) : data.name}`;
    if (type === 'test:pass' && isFile) {
      count.failed++;
      yield `  FAIL ${name}\n       the file registered no test\n`;
    } else if (type === 'test:pass' && (data.skip !== undefined || data.todo !== undefined)) {
      count.skipped++;
      yield `  skip ${name}\n`;
    } else if (type === 'test:pass') {
      count.passed++;
      yield `  ok   ${name} (${data.details.duration_ms.toFixed(0)} ms)\n`;
    } else {
      count.failed++;
      const error = data.details.error;
      yield `  FAIL ${name}  ${where}\n${String(error?.cause?.stack ?? error).replace(/^/gm, '       ')}\n`;
    }
  }
  const ok = count.failed === 0 && count.passed > 0;
  if (!ok) process.exitCode = 1;
  yield `\n${((performance.now() - started) / 1000).toFixed(1)} s\n`;
  yield `${ok ? 'PASS' : 'FAIL'}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`;
}

/** `stepped` or `erased`, padded to one width. */
function treeOf(file) {
  return (/^dist[\\/](\w+)[\\/]/.exec(relative('.', file))?.[1] ?? '').padEnd(7);
}
