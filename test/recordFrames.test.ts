import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { plainModule } from '../src/build/plainModule.ts';
import { recordFrames } from '../src/build/recordFrames.ts';
import { recordedModule } from '../src/build/recordTree.ts';
import { codeOf, Frames, UNKNOWN, useFrames } from '../src/steps/frames.ts';
import { useLeader } from '../src/steps/leader.ts';
import { run } from '../src/steps/steps.ts';

const framesModule = new URL('../src/steps/frames.js', import.meta.url).href;

type Steps = Generator<unknown, unknown, unknown>;

type Made = Readonly<
  Record<'main' | 'plain' | 'inner' | 'pick' | 'same' | 'Holder' | 'f' | 'line', (...given: unknown[]) => unknown>
>;

/** What a module exports. */
async function loadPlain(source: string): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-frames-'));
  const file = join(folder, 'm.mjs');
  writeFileSync(file, source);
  try {
    return (await import(pathToFileURL(file).href)) as Made;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a module exports when it is recorded. */
const load = (source: string) => loadPlain(recordFrames(source, { file: 'm.mjs', id: 'm.mjs', framesModule }));

/** The frames of an operation that was just made, and is about to begin. */
function framesOf(operation: unknown): Frames {
  const frames = new Frames();
  useFrames(frames);
  frames.begin(operation);
  return frames;
}

/** Values by call; the numbers in order. */
const liveOf = (frames: Frames): (readonly unknown[])[] =>
  frames.live.slice(0, frames.depth).map((values) => [...values].sort((one, other) => Number(one) - Number(other)));

test('each call under way says what it will still use', async () => {
  const { main } = await load(`
    export function* main(a) {
      const list = [a, 2];
      const sum = yield* add(a, 5);
      yield 'between';
      for (const one of list) yield one;
      return sum;
    }
    function* add(x, y) { yield 'in add'; return x + y; }
  `);
  const steps = main(1) as Steps;
  const frames = framesOf(steps);
  assert.equal(steps.next().value, 'in add');
  assert.deepEqual(liveOf(frames), [[[1, 2]], [1, 5]]);
  assert.ok(frames.isWhole);
  const inAdd = frames.sites.slice(0, 2);
  assert.equal(steps.next().value, 'between');
  assert.deepEqual(
    liveOf(frames).map((values) => values.length),
    [2],
  );
  assert.notEqual(frames.sites[0], inAdd[0]);
  assert.equal(steps.next().value, 1);
  const [[sum, loop]] = liveOf(frames) as [[number, { list: unknown; done: number }]];
  assert.deepEqual([sum, loop.list, loop.done], [6, [1, 2], 1]);
  assert.equal(steps.next().value, 2);
  assert.deepEqual(steps.next(), { value: 6, done: true });
});

test('a generator that records nothing is noticed, whatever it calls', async () => {
  const { main } = await load(`
    export function* main(plain) { yield* plain(inner); yield 'alone again'; }
    function* inner() { yield 'inside'; }
  `);
  const { plain } = await loadPlain("export function* plain(inner) { yield 'plain'; yield* inner(); }");
  const steps = main(plain) as Steps;
  const frames = framesOf(steps);
  for (const expected of ['plain', 'inside']) {
    assert.equal(steps.next().value, expected);
    assert.ok(!frames.isWhole || liveOf(frames).flat().includes(UNKNOWN), expected);
  }
  assert.equal(steps.next().value, 'alone again');
  assert.ok(frames.isWhole);
  assert.deepEqual(liveOf(frames), [[]]);
});

test('an operation that records nothing is noticed', async () => {
  const { inner } = await load("export function* inner() { yield 'inside'; }");
  const { plain } = await loadPlain('export function* plain(inner) { yield* inner(); }');
  const steps = plain(inner) as Steps;
  const frames = framesOf(steps);
  steps.next();
  assert.ok(liveOf(frames).flat().includes(UNKNOWN));
});

test('a call that was under way before is noticed', async () => {
  const { main } = await load(`
    export function* main() {
      const half = inner();
      half.next();
      yield 'main';
      yield* half;
    }
    function* inner() { yield 'first'; yield 'second'; }
  `);
  const steps = main() as Steps;
  const frames = framesOf(steps);
  assert.equal(steps.next().value, 'main');
  assert.equal(steps.next().value, 'second');
  assert.ok(!frames.isWhole);
});

test('an operation that is led goes by points, and what its calls hold where it stops is known all the same', async () => {
  const { main } = await load(`
    const Point = { one: 'one', two: 'two', asked: 'asked', three: 'three' };
    export function* main(a) { yield Point.one; const got = yield* inner(a, 5); yield Point.three; return got; }
    function* inner(x, y) { yield Point.two; const answer = yield Point.asked; yield x; return [x + y, answer]; }
  `);
  const passed: unknown[] = [];
  const before = useLeader({
    passes(point) {
      passed.push(point);
      return point !== 'three';
    },
  });
  try {
    const steps = main(1) as Steps;
    const frames = framesOf(steps);
    assert.equal(steps.next().value, 'asked', 'what comes back of a yield is not passed over');
    assert.ok(frames.isWhole);
    assert.deepEqual(liveOf(frames), [[], [1, 5]]);
    assert.equal(steps.next('an answer').value, 'three');
    assert.deepEqual(passed, ['one', 'two', 1, 'three']);
    useLeader(null);
    assert.deepEqual(steps.next(), { value: [6, 'an answer'], done: true });
  } finally {
    useLeader(before);
  }
});

test('who leads an operation is not asked of one that another runs to its end', async () => {
  const { main } = await load('const Point = { one: 1 }; export function* main(a) { yield Point.one; return a; }');
  const passes = () => assert.fail('asked');
  const before = useLeader({ passes });
  const result = run(main(7) as Parameters<typeof run>[0]);
  assert.equal(useLeader(before)?.passes, passes);
  assert.equal(result, 7);
});

test('functions say what they are: their code, and what they use of the functions around them', async () => {
  const { pick, same, Holder } = await load(`
    export function pick(a) {
      let b = 1;
      const one = () => { b++; return a; };
      return [one, function* () { yield a; }, { *member() { yield a; } }, keep((x) => x + b), [a].map((x) => x)];
    }
    const keep = (what) => what;
    export function* same() { yield same; }
    export class Holder { *steps() { yield 1; } static *own() { yield 2; } }
  `);
  const [one, operation, holder, handed] = pick(7) as [() => void, () => Steps, { member: () => Steps }, () => void];
  const [other] = pick(8) as [() => void];
  assert.equal(codeOf(one)?.site, codeOf(other)?.site);
  assert.notEqual(codeOf(one)?.site, codeOf(operation)?.site);
  assert.deepEqual(new Set(codeOf(one)?.captured?.()), new Set([1, 7]));
  one();
  assert.deepEqual([new Set(codeOf(one)?.captured?.()), codeOf(handed)?.captured?.()], [new Set([2, 7]), [2]]);
  assert.equal(typeof codeOf(same as () => void)?.site, 'number');
  const made = Holder as unknown as { new (): { steps: () => Steps }; own: () => Steps };
  for (const make of [operation, holder.member, () => new made().steps(), () => made.own()]) {
    const steps = make();
    const frames = framesOf(steps);
    steps.next();
    assert.ok(!liveOf(frames).flat().includes(UNKNOWN));
  }
});

test('lines stay, and the names of functions', async () => {
  const source = 'export const f = function* () {\n  yield\n    1;\n};\nexport const line = () => {\n  throw new Error();\n};\n';
  const { f, line } = await load(source);
  assert.equal(f.name, 'f');
  assert.throws(
    () => line(),
    (error: Error) => /m\.mjs:6:/.test(error.stack ?? ''),
  );
});

test('words do not grow together', async () => {
  const { main } = await load(
    'export function*main(a){for(const x of[a])yield[x];return(yield(a)),typeof(function*(){yield a});}',
  );
  const steps = main(1) as Steps;
  framesOf(steps);
  assert.deepEqual([steps.next().value, steps.next().value, steps.next().value], [[1], 1, 'function']);
});

test('a module without generators, or that keeps its own, stays as it is', () => {
  const options = { file: 'm.js', id: 'm.js', framesModule };
  for (const source of ["export const a = 'yield';\n", '// @hmm-lab keep-generators\n\nexport function* f() { yield 1; }\n'])
    assert.equal(recordFrames(source, options), source);
});

test('what is put into the stepped tree can be taken out again', () => {
  const tree = fileURLToPath(new URL('../../stepped/', import.meta.url));
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((name) => /^(src|workers).*\.js$/.test(name));
  let recorded = 0;
  for (const file of files) {
    const source = readFileSync(join(tree, file), 'utf8');
    const plain = plainModule(source);
    if (plain !== source) recorded++;
    assert.equal(recordedModule(plain, file), source, file);
  }
  assert.ok(recorded > 50);
});
