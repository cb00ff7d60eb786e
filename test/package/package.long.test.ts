/**
 * The packed package, in an empty folder, under npm and pnpm, on each version of Node. Where the network does not give a version of
 * Node or a package manager, its tests are skipped and say why.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { folder, type Got, INSTALLERS, install, isMissing, NODES, nodeBinary, pack, type Ran, root, runIn } from './install.ts';

const place = mkdtempSync(join(tmpdir(), 'hmm-lab-package-'));
after(() => rmSync(place, { recursive: true, force: true }));

const { tarball, files, unpackedSize } = await pack(place);

// All of this before the first test: a test runner that waits in between takes the tests so far for all there are.
const got = <K, T>(keys: readonly K[], get: (key: K) => Promise<T>): Promise<(readonly [K, T])[]> =>
  Promise.all(keys.map(async (key) => [key, await get(key)] as const));
const [someNodes, someProjects] = await Promise.all([
  got(NODES, (major) => nodeBinary(major, folder(place, `node${major}`))),
  got(INSTALLERS, (by) => install(tarball, by, folder(place, by))),
]);
const nodes = new Map<number, Got<string>>(someNodes);
const projects = new Map<string, Got<string>>(someProjects);

/** What the repository's own build says of R05: the package must name the same lines of the model. */
const ownMain = join(root, 'dist', 'erased', 'src', 'cli', 'main.js');
const own = JSON.parse((await runIn(root, process.execPath, ownMain, 'explore', '--bug', 'R05', '--json')).stdout).failure;

test('the package holds what runs and nothing else', () => {
  const kinds = [
    /^(package\.json|README\.md|LICENSE)$/,
    /^recordings\/[\w.-]+\.jsonl\.gz$/,
    /^examples\//,
    /^kernel\/(((alone|hold)\/)?[\w.]+\.[ch]|hold\/Kbuild|fetch\.sh)$/,
    /^dist\/(erased|flat|stepped)\/(src|workers)\/.*\.js$/,
    /^dist\/stepped\/bundle\/[\w-]+\.js$/,
  ].concat(/^dist\/stepped\/src\/.*\.d\.ts$/);
  assert.deepEqual(
    files.filter((file) => !kinds.some((kind) => kind.test(file))),
    [],
  );
  assert.ok(unpackedSize < 6e6, `${unpackedSize} bytes`);
});

test('whatever a packed module imports is packed', () => {
  const packed = new Set(files.map(normalize));
  let imports = 0;
  for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    for (const [, path = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      /(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[^"']+)["']/g,
    )) {
      const target = normalize(join(dirname(file), path));
      imports++;
      assert.ok(packed.has(target) || packed.has(target.replace(/\.ts$/, '.d.ts')), `${file} imports ${target}`);
    }
  }
  assert.ok(imports > 1000, `${imports} imports`);
});

/** A program of a user's: what it calls, and the types it writes down. */
const CONSUMER = `
import { createRequire } from 'node:module';
import { type ExploreReport, explore, type HuntReport, hunt, Lab, UsageError } from 'hmm-lab';
import { dmirror, type Driver, Point, type Steps, type Task } from 'hmm-lab/model';
import { cpuReads, type UserPlan } from 'hmm-lab/scenario';

const stop = new AbortController();
let progress = 0;
const proved: ExploreReport = await explore({ scenario: 'mini-hmm' }, { onProgress: () => progress++, signal: stop.signal });
export const huntR05 = (): Promise<HuntReport> => hunt({ bugs: ['R05'] });
let refusal = '';
try {
  await explore({ scenario: 'nowhere' });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  refusal = error.message;
}
const plan: UserPlan = { machine: { pages: 1 }, actors: (m) => ({ A: [cpuReads(m, 0)] }) };
export const driver: Driver = { ...dmirror, name: 'mine' };
export function* waits(task: Task): Steps<number> {
  yield Point.call;
  return task.arena.words.length;
}
await using lab = await Lab.create();
const cpu = await lab.cpu(lab.addressSpace());
const at: number = await cpu.mmap(1);
await cpu.write(at, 42);
const { version } = createRequire(import.meta.url)('hmm-lab/package.json') as { version: string };
const word: number = await cpu.read(at);
console.log(JSON.stringify({
  proved: proved.verdict, refusal, plan: typeof plan.actors, word, version, progress,
}));
`;

/** Compiled as strictly as can be, without lib.dom, and with the declarations of the package checked as well. */
function compile(project: string): Promise<Ran> {
  writeFileSync(join(project, 'consumer.ts'), CONSUMER);
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'ES2024.SharedMemory', 'ESNext.Disposable'],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  return runIn(project, process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.');
}

/** The version of Node that runs the tests. */
const OWN = Number(process.versions.node.split('.')[0]);

/** HMM_LAB_PACKAGE=all: every version under every package manager. */
const { HMM_LAB_PACKAGE } = process.env;
const TRIES_ALL = HMM_LAB_PACKAGE === 'all';

/** The command line of the installed package. */
const hmmLab = (node: string, project: string, ...args: readonly string[]): Promise<Ran> =>
  runIn(project, node, join(project, 'node_modules', 'hmm-lab', 'dist', 'erased', 'src', 'cli', 'main.js'), ...args);

for (const [by, project] of projects) {
  const skip = isMissing(project) ? project.missing : false;
  test(`under ${by}: a strict program compiles, without skipLibCheck and lib.dom`, { skip }, async () => {
    const { status, stdout } = await compile(project as string);
    assert.equal(status, 0, stdout);
  });

  // What a version of Node does to the package has nothing to do with who has installed it: each is tried once.
  for (const [major, node] of [...nodes].filter(([major]) => by === 'npm' || major === OWN || TRIES_ALL)) {
    const why = skip || (isMissing(node) ? node.missing : false);
    test(`under ${by}, on Node ${major}: explore, hunt, and a program that calls them`, { skip: why }, async () => {
      const run = (...args: readonly string[]): Promise<Ran> => hmmLab(node as string, project as string, ...args, '--json');
      assert.match((await runIn(place, node as string, '--version')).stdout, new RegExp(`^v${major}\\.`));

      const proved = await run('explore', 'mini-hmm');
      assert.equal(proved.status, 0, proved.stderr);
      assert.equal(JSON.parse(proved.stdout).verdict, 'proved');

      const bug = await run('explore', '--bug', 'R05');
      assert.equal(bug.status, 1, bug.stderr);
      const { oracle, schedule, explanation } = JSON.parse(bug.stdout).failure;
      assert.deepEqual([oracle, schedule], ['I-STALE', own.schedule]);
      assert.match(explanation.critical.first.source, /^src\/(mm|notifier)\/.*\.ts:\d+/);
      assert.deepEqual(explanation.critical, own.explanation.critical);

      const hunted = await run('hunt', '--bug', 'R05');
      assert.equal(hunted.status, 0, hunted.stderr);
      assert.equal(JSON.parse(hunted.stdout).found, 1);

      const program = await runIn(project as string, node as string, 'consumer.js');
      assert.equal(program.status, 0, program.stderr);
      const { progress, version, ...said } = JSON.parse(program.stdout);
      const refusal = said.refusal as string;
      assert.deepEqual(said, { proved: 'proved', refusal, plan: 'function', word: 42 });
      assert.match(refusal, /unknown scenario 'nowhere'/);
      assert.ok(progress > 0);
      assert.equal(version, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
    });
  }
}

const ANONYMOUS = 'mmap 0 1 rw anon | cw 0 1 7';
const PAIR = ['A: cw 0 1 8', 'B: munmap 0 1', '--given', ANONYMOUS] as const;

/** Calls of each command, with what it loads late. The exit codes are those of a command that did its work. */
const calls: readonly (readonly [readonly number[], ...string[]])[] = [
  [[0, 1, 3], 'stress', '--seconds', '0.5', '--bug', 'R05', '--trace', '0'],
  [
    [0, 1, 3],
    'stress',
    '--seconds',
    '2',
    '--driver',
    'dmirror:retryCheck=none',
    '--delay',
    'driverSnapshot=1/50:200us',
    '--trace',
    '5',
  ],
  [[0], 'explore', 'device-fault-vs-munmap', '--driver', './kvm.mjs', '--preemptions', '1', '--strategy', 'search'],
  [[0, 1], 'explore', 'mini-hmm', '--audit', '--schedules', '100'],
  [[0], 'explore', 'mini-hmm', '--points'],
  [[0], 'explore', ...PAIR],
  [[1], 'explore', `${PAIR[0]}; ${PAIR[1]}; end cr 0 1 is 9`, '--given', ANONYMOUS],
  [[0], 'explore', 'mini-hmm', '--strategy', 'search', '--threads', '2', '--checkpoint', 'mini.checkpoint'],
  [[0], 'explore', './huge-page.mjs', '--seconds', '5'],
  [[1], 'explore', '--bug', './bugs.mjs#HALF'],
  [[0], 'explore', '--from-trace', './node_modules/hmm-lab/examples/traces/dontneed.txt'],
  [[0], 'prove', 'mini-hmm'],
  [[0], 'prove', 'device-fault-vs-munmap', '--driver', './kvm.mjs', '--threads', '2'],
  [[0], 'matrix', '--state', 'none', '--operation', 'munmap', '--out', 'matrix.jsonl', '--html', 'matrix.html'],
  [[0, 1], 'matrix', '--bug', 'R05', '--state', 'written', '--operation', 'munmap'],
  [[0, 1], 'fuzz', '--programs', '20', '--driver', './kvm.mjs'],
  [[0, 1], 'hunt', '--bug', './bugs.mjs', '--seeds', '1'],
  [[0], 'stress', ...PAIR, '--seconds', '0.5'],
  [[0, 1, 3], 'stress', ...PAIR, '--seconds', '0.5', '--bug', 'R05'],
  [[0, 1, 3], 'stress', '--seconds', '0.5', '--driver', './kvm.mjs'],
  [[0], 'simulate', ...PAIR],
  [[0], 'simulate', 'A: cw 0 1 8', 'D: dread 0 0 1', '--given', `open 0 0 | ${ANONYMOUS}`, '--driver', './kvm.mjs'],
  [[0, 1], 'explore', '--all', '--driver', 'amdgpu-userptr', '--seconds', '1'],
  [[0], 'scenarios'],
  [[0], 'windows'],
  [[0], 'drivers'],
  [[0], 'bugs'],
  [[0], 'conformance', './node_modules/hmm-lab/recordings/coherent.jsonl.gz'],
  [[0, 3], 'measure', '--invalidations', '1k', '--faults', '5', '--repetitions', '2'],
  [
    [0, 3],
    'measure',
    '--engine',
    'simulate',
    '--invalidations',
    '1k',
    '--faults',
    '5',
    '--repetitions',
    '2',
    '--driver',
    './kvm.mjs',
  ],
  // What needs a real kernel, or a server, says so.
  [[2], 'record', ...PAIR],
  [[2], 'compare'],
  [[2], 'reproduce', ...PAIR],
  [[2], 'kernel'],
  [[2], 'farm', 'status', '--redis', 'redis://127.0.0.1:1'],
];

test('no command is left out', () => {
  const called = new Set(calls.map(([, name]) => name as string));
  const others = commands.map(({ name }) => name).filter((name) => !called.has(name));
  // They take what others have written, or print no object, and are called below.
  assert.deepEqual(others, ['merge', 'replay', 'help']);
});

test('each command works from the package', {
  skip: isMissing(projects.get('npm') as Got<string>) ? 'it cannot be installed' : false,
}, async () => {
  const project = projects.get('npm') as string;
  for (const name of ['kvm.mjs', 'kvm-cache.mjs', 'huge-page.mjs', 'bugs.mjs'])
    writeFileSync(join(project, name), readFileSync(join(project, 'node_modules', 'hmm-lab', 'examples', name)));
  for (const [statuses, ...args] of calls) {
    const { status, stdout, stderr } = await hmmLab(process.execPath, project, ...args, '--json');
    assert.ok(statuses.includes(status ?? -1), `${args.join(' ')}: exit ${status}\n${stderr}`);
    assert.doesNotMatch(stderr, /Cannot find|ERR_MODULE|ENOENT/);
    if (status === 2) assert.match(stderr, /^hmm-lab: .*\n$/, args.join(' '));
    else assert.equal(typeof JSON.parse(stdout), 'object', args.join(' '));
  }
  const replayed = await hmmLab(process.execPath, project, 'replay', own.token, '--json');
  assert.equal(replayed.status, 1, replayed.stderr);
  for (const part of ['1', '2']) {
    const { stdout } = await hmmLab(
      process.execPath,
      project,
      'prove',
      'mini-hmm',
      'insert-vs-walk',
      '--shard',
      `${part}/2`,
      '--json',
    );
    writeFileSync(join(project, `part${part}.json`), stdout);
  }
  const merged = await hmmLab(process.execPath, project, 'merge', 'part1.json', 'part2.json', '--json');
  assert.equal(merged.status, 0, merged.stderr);
  assert.equal(JSON.parse(merged.stdout).scenarios.length, 2);
  const helped = await hmmLab(process.execPath, project, 'help', 'explore');
  assert.deepEqual([helped.status, helped.stderr], [0, '']);
  assert.match(helped.stdout, /^Usage: hmm-lab explore /);
  assert.ok(existsSync(join(project, 'node_modules', '.bin', 'hmm-lab')));
});
