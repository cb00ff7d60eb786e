/** The code of the stepped tree, which explores, whichever tree asks. */
import { readFileSync } from 'node:fs';
import { plainModule } from '../build/plainModule.ts';
import { steppedModule } from './steppedModule.ts';

/** A module by its path below `src` without extension, without what the build put in. */
export const steppedText = (module: string): string => plainModule(readFileSync(steppedModule(module), 'utf8'));
