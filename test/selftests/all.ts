import { accessTests } from './access.ts';
import { hugeTests } from './huge.ts';
import { migrationTests } from './migration.ts';
import type { SelfTest } from './selfTest.ts';

/** In the order of the table. */
export const selfTests: readonly SelfTest[] = [...accessTests, ...migrationTests, ...hugeTests].sort(
  (a, b) => a.number - b.number,
);
