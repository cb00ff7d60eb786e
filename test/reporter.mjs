/**
 * What is printed of a test: one line with the tree it ran from, and a failure in full. A file that registers no test (an early
 * process.exit) counts as a failure: silence is not success.
 *
 * As a reporter of node:test it serves single files: `node --test --test-reporter=./test/reporter.mjs dist/erased/test/x.test.js`.
 */
import { relative, resolve } from 'node:path';

export const counts = () => ({ passed: 0, failed: 0, skipped: 0 });

/** What an event of node:test adds to the output, and to the counts. */
export function described({ type, data }, tree, count) {
  if (type === 'test:stdout' || type === 'test:stderr') return data.message;
  // What a test did after its end is said only here.
  if (type === 'test:diagnostic' && /^(Warning|Error)/.test(data.message)) return `       ${data.message}\n`;
  if (type !== 'test:pass' && type !== 'test:fail') return '';
  // A suite counts only when it fails by itself, in a hook: its tests are counted one by one.
  if (data.details?.type === 'suite' && data.details.error?.failureType !== 'hookFailed') return '';
  const isFile = data.nesting === 0 && data.file !== undefined && resolve(data.name ?? '') === data.file;
  const name = `${tree.padEnd(7)} ${isFile ? relative('.', data.name) : data.name}`;
  if (type === 'test:pass' && isFile) {
    count.failed++;
    return `  FAIL ${name}\n       the file registered no test\n`;
  }
  if (type === 'test:pass' && (data.skip !== undefined || data.todo !== undefined)) {
    count.skipped++;
    return `  skip ${name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`;
  }
  if (type === 'test:pass') {
    count.passed++;
    return `  ok   ${name} (${data.details.duration_ms.toFixed(0)} ms)\n`;
  }
  count.failed++;
  const error = data.details.error;
  const where = `${relative('.', data.file ?? '')}:${data.line ?? 0}`;
  return `  FAIL ${name}  ${where}\n${String(error?.cause?.stack ?? error).replace(/^/gm, '       ')}\n`;
}

/** The closing lines; the last starts with PASS or FAIL and has the number of tests. */
export function summary({ passed, failed, skipped }, milliseconds) {
  const verdict = isGreen({ passed, failed }) ? 'PASS' : 'FAIL';
  return `\n${(milliseconds / 1000).toFixed(1)} s\n${verdict}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}

/** Nothing failed, and something was tested. */
export const isGreen = ({ passed, failed }) => failed === 0 && passed > 0;

export default async function* reporter(source) {
  const count = counts();
  const started = performance.now();
  // With source maps a test names its .ts file, which the trees share. The built file is the one the runner took up last, which
  // holds for one file at a time.
  let tree = '';
  for await (const event of source) {
    if (event.type === 'test:dequeue') tree = /\bdist[\\/](\w+)[\\/]/.exec(event.data.file ?? '')?.[1] ?? tree;
    yield described(event, tree, count);
  }
  if (!isGreen(count)) process.exitCode = 1;
  yield summary(count, performance.now() - started);
}
