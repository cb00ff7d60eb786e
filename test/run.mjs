/**
 * Runs the tests of a built package: `node test/run.mjs [--long | --all] [PATTERN ...]`.
 *
 * The name of a file says how it runs. `x.test.ts` takes seconds, and runs beside others, one file a core and one more. With `.long` in
 * its name a file takes longer: it runs with `--long` (only such files) and `--all`, or when a pattern finds it. So does every file that
 * runs from a second tree. With `.alone` it lets threads race or measures them, so nothing runs beside it. A pattern is a part of
 * `test/FOLDER/NAME`; `TREE/` before it says from which tree alone.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { counts, described, isGreen, summary } from './reporter.mjs';

/** The trees that the tests of a folder run from. The first one is enough most of the time: where threads race it is the erased one. */
const TREES = {
  test: ['erased'],
  'test/model': ['erased', 'large'],
  'test/explore': ['stepped'],
  'test/farm': ['erased'],
  'test/fuzz': ['stepped'],
  'test/kernel': ['erased'],
  'test/package': ['erased'],
  'test/selftests': ['large'],
  'test/simulate': ['flat'],
  'test/trace': ['erased'],
};

/** Milliseconds that a file may take before it counts as failed. */
const TIMEOUT = 900_000;

const root = fileURLToPath(new URL('..', import.meta.url));

/** What there is: a tree and a file of it, such as `stepped` and `test/model/zap.test.ts`. */
function testFiles() {
  const names = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name.split(sep).join('/')}`);
  return files.flatMap((file) => {
    const trees = TREES[dirname(file)];
    if (trees === undefined) throw new Error(`${file} is in a folder that test/run.mjs has no tree for`);
    return trees.map((tree, i) => ({ tree, file, isLong: i > 0 || /\.long\b/.test(file) }));
  });
}

const isAlone = ({ file }) => /\.alone\b/.test(file);

/** Runs one file. Beside others it prints what it has to say when it is over, as its lines would mix with theirs. */
async function runFile({ tree, file }, count, isAlone) {
  const built = join(root, 'dist', tree, file.replace(/\.ts$/, '.js'));
  let text = '';
  const began = performance.now();
  for await (const event of run({ files: [built], concurrency: 1, timeout: TIMEOUT })) {
    text += described(event, tree, count);
    if (!isAlone) continue;
    process.stdout.write(text);
    text = '';
  }
  process.stdout.write(`${text}${tree}/${file}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
}

/** Runs files, so many at a time. */
async function runFiles(files, lanes, count) {
  const waiting = files.values();
  const lane = async () => {
    for (const file of waiting) await runFile(file, count, lanes === 1);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** The files asked for, or a sentence about what is wrong with the question. */
function chosen(args) {
  const patterns = args.filter((arg) => !arg.startsWith('--'));
  const [flag, ...more] = args.filter((arg) => arg.startsWith('--'));
  if (more.length > 0 || ![undefined, '--long', '--all'].includes(flag))
    return 'usage: node test/run.mjs [--long | --all] [PATTERN ...]';
  const isNamed = ({ tree, file }) =>
    patterns.length === 0 || patterns.some((pattern) => file.includes(pattern) || `${tree}/${file}`.startsWith(pattern));
  const isAsked = (one) => (flag === '--long' ? one.isLong : flag === '--all' || patterns.length > 0 || !one.isLong);
  const files = testFiles().filter((one) => isNamed(one) && isAsked(one));
  return files.length > 0 ? files : `no test file has '${patterns.join("' or '")}' in its name`;
}

const files = chosen(process.argv.slice(2));
if (typeof files === 'string') {
  process.stderr.write(`${files}\n`);
  process.exitCode = 2;
} else {
  const count = counts();
  const began = performance.now();
  const others = files.filter((one) => !isAlone(one));
  // The long ones first, so that none is left over when all else is done.
  others.sort((a, b) => Number(b.isLong) - Number(a.isLong));
  // One more than there are cores, as many a file waits for a program or a limit of time.
  await runFiles(others, Math.min(others.length, availableParallelism() + 1), count);
  await runFiles(files.filter(isAlone), 1, count);
  process.stdout.write(summary(count, performance.now() - began));
  if (!isGreen(count)) process.exitCode = 1;
}
