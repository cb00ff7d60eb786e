/** The stepped tree of the build that this module belongs to: what bugs are put into is a copy of it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the package: this module is in dist/TREE/src/mutation. */
export const builtPackage = fileURLToPath(new URL('../../../../', import.meta.url));

/** Folder of the stepped tree. */
export const builtTree = join(builtPackage, 'dist', 'stepped');
