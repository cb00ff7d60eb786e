/**
 * Edited modules are type-checked: a replacement is text to the compiler, and would otherwise be read for the first time when its bug
 * is looked for. Each edited module stands in a folder of its bug, beside the declarations of the tree as it is. What the compiler
 * says about the module without the edit does not count: types that only a cast gives a value are lost in built code.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Edit } from '../src/bugs/bug.ts';
import { bugs, controls } from '../src/bugs/index.ts';
import { builtPackage, builtTree } from '../src/mutation/builtTree.ts';
import { editedModules } from '../src/mutation/editedModules.ts';
import { builtModule } from '../src/mutation/moduleCode.ts';
import { mutants } from './fuzz/mutants.ts';

interface Change {
  readonly id: string;
  readonly edits: readonly Edit[];
}

/** What the compiler says about a module, without the place. */
interface Complaint {
  readonly id: string;
  readonly text: string;
}

/** The id of the modules as they are. */
const CLEAN = 'clean';

/** Exported functions have the types that the declarations of the tree give them, and so have what they are called with. */
const typed = (source: string, module: string): string =>
  source.replace(
    /^export (?:function\*? ?|const )(\w+)/gm,
    (all, name: string) =>
      `/** @type {typeof import(${JSON.stringify(join(builtTree, 'src', `${module}.js`))}).${name}} */ ${all}`,
  );

/** An address whose structure only a cast in the sources has named. */
const isLostCast = (text: string): boolean => text.includes("'Address<string>' is not assignable to");

/** Runs the compiler once over all edited modules. */
function complaints(changes: readonly Change[]): readonly Complaint[] {
  // Messages name files by their real paths.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hmm-lab-types-')));
  try {
    const files: string[] = [];
    const write = (id: string, module: string, source: string): void => {
      const file = join(folder, id, `${module}.js`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typed(source, module));
      files.push(file);
    };
    const touched = new Set<string>();
    for (const { id, edits } of changes) {
      for (const [module, source] of editedModules({ id, title: '', reference: '', scenario: '', edits })) {
        write(id, module, source);
        touched.add(module);
      }
    }
    for (const module of touched) write(CLEAN, module, builtModule(module)?.source ?? '');
    const { compilerOptions } = JSON.parse(readFileSync(join(builtPackage, 'tsconfig.json'), 'utf8'));
    const options = {
      ...Object.fromEntries(['target', 'lib', 'module', 'types', 'strict'].map((name) => [name, compilerOptions[name]])),
      ...{ allowJs: true, checkJs: true, noEmit: true, noImplicitAny: false, skipLibCheck: true },
      typeRoots: [join(builtPackage, 'node_modules', '@types')],
      // A module finds those of its own bug first, then those of the tree as it is.
      rootDirs: [join(builtTree, 'src'), ...[...changes.map(({ id }) => id), CLEAN].map((id) => join(folder, id))],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
      cwd: folder,
    });
    assert.equal(stderr, '');
    const said = [...stdout.matchAll(/^([^\n(]+)\.js\(\d+,\d+\): error (.*)$/gm)];
    assert.equal(said.length, stdout.match(/error TS/g)?.length ?? 0, stdout);
    return said.map(([, path = '', message = '']) => {
      const [id = '', ...module] = path.split('/');
      // A class of an edited module is another one than that of the tree; so is one of the module as it is.
      return { id, text: `${module.join('/')}: ${message.replaceAll(`${join(folder, id)}/`, '')}` };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is said of an edited module more often than of the module as it is. */
function newComplaints(changes: readonly Change[]): readonly Complaint[] {
  const all = complaints(changes).filter(({ text }) => !isLostCast(text));
  const count = (id: string, text: string): number => all.filter((one) => one.id === id && one.text === text).length;
  return all.filter(({ id, text }) => id !== CLEAN && count(id, text) > count(CLEAN, text));
}

const change = (id: string, module: string, find: string, replace: string, imports: Record<string, string> = {}): Change => ({
  id,
  edits: [{ module, in: 'invalidate', find, replace, imports }],
});

const module = 'drivers/dmirror/invalidate';

/** Edits that nobody should get away with. A name or an import that is not there is refused when the edit is made. */
const wrong: readonly Change[] = [
  change('arity', module, 'yield* mutexUnlock(task, updateLock, LockClass.updateLock);', 'yield* mutexUnlock(task);'),
  change('imported', module, 'return false;', 'return load(arena);', { load: 'arena/access' }),
  change('property', module, 'yield Point.driverSeqSet;', 'yield Point.driverSeqSett;'),
  change('argument', module, 'return false;', 'return task.arenaa === undefined;'),
];

test('replacements of bugs, controls and mutants of the explorer have no type errors that the modules do not have', () => {
  const own = [...bugs, ...controls].filter(({ edits }) => edits.length > 0);
  const explorer = mutants.map(({ edits }, i) => ({ id: `mutant${i}`, edits }));
  const found = newComplaints([...own, ...explorer, ...wrong]);
  const isWrong = new Set(wrong.map(({ id }) => id));
  assert.deepEqual(
    found.filter(({ id }) => !isWrong.has(id)),
    [],
  );
  const codes = Object.fromEntries(
    found.filter(({ id }) => isWrong.has(id)).map(({ id, text }) => [id, /TS\d+/.exec(text)?.[0]]),
  );
  assert.deepEqual(codes, { arity: 'TS2554', imported: 'TS2554', property: 'TS2551', argument: 'TS2551' });
});
