/** The fuzzer bites: it finds each of these changes of the explorer. An edit that no longer fits the explorer fails its test. */
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mutatedTree } from '../../src/mutation/mutate.ts';
import { kinds } from './kinds.ts';
import { type Mutant, mutants } from './mutants.ts';
import type { Program } from './program.ts';
import { serialMutants } from './serialMutants.ts';

/** Programs until it must have been found; those that take long are given more. */
const PROGRAMS = 3000;
const MANY = 40_000;
const SEED = 1;

const here = fileURLToPath(new URL('.', import.meta.url));

/** A test for each mutant of one share, out of so many: a file each, so that none takes long. */
export function findsMutants(share: number, shares: number): void {
  for (const mutant of mutants.filter((_, i) => i % shares === share)) findsOne(mutant);
}

/** The same for those about serial numbers, of which programs of their own are made: on each of them the explorer as it is agrees. */
export function findsSerialMutants(): void {
  for (const mutant of serialMutants)
    findsOne(mutant, async (urlOf) => {
      const { serialFuzz }: typeof import('./serialFuzz.ts') = await import(urlOf('serialFuzz'));
      const { disagreement } = serialFuzz({ programs: PROGRAMS, seed: SEED });
      assert.notEqual(disagreement, null, `${PROGRAMS} programs`);
      const before = { programs: 1, seed: SEED, from: disagreement?.number ?? 0 };
      assert.equal((await import('./serialFuzz.ts')).serialFuzz(before).disagreement, null, 'without the mistake');
    });
}

type Finds = (urlOf: (name: string) => string) => Promise<void>;

function findsOne({ title, edits, kind, late }: Mutant, finds?: Finds): void {
  const { HMM_LAB_MUTANTS: tried } = process.env;
  const skip = late && tried !== 'all' ? 'HMM_LAB_MUTANTS=all tries it' : false;
  test(`found: ${title}`, { skip }, async () => {
    const tree = mutatedTree({ id: 'explorer', title, reference: '', scenario: '', edits });
    try {
      const fuzzer = join(tree.stepped, 'test', 'fuzz');
      mkdirSync(fuzzer, { recursive: true });
      for (const file of readdirSync(here).filter((name) => name.endsWith('.js'))) linkSync(join(here, file), join(fuzzer, file));
      const urlOf = (name: string): string => pathToFileURL(join(fuzzer, `${name}.js`)).href;
      if (finds !== undefined) {
        await finds(urlOf);
        return;
      }
      if (kind !== undefined) {
        const { compare }: typeof import('./compare.ts') = await import(urlOf('compare'));
        const programs = kinds[kind] as readonly Program[];
        assert.ok(programs.some((program) => compare(program, true).disagreement !== null));
        return;
      }
      const { fuzz }: typeof import('./fuzz.ts') = await import(urlOf('fuzz'));
      const { disagreements, programs } = await fuzz({
        programs: late === true ? MANY : PROGRAMS,
        seed: SEED,
        from: 0,
        shrinks: false,
      });
      assert.notEqual(disagreements.length, 0, `${programs} programs, and the explorer agrees with the reference on all of them`);
    } finally {
      tree.remove();
    }
  });
}
