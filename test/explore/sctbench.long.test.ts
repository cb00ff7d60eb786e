/** The programs of SCTBench that take seconds. */
import { programs } from '../../bench/sctbench/index.ts';
import { holdsFor, isLong } from './programs.ts';

for (const program of programs) if (isLong(program)) holdsFor(program);
