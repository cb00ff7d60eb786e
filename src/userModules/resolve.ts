/** What a specifier in a module of the user's stands for. */
import { isBuiltin } from 'node:module';
import { extname } from 'node:path';
import { resolve } from 'import-meta-resolve';

/** Of this very module: `.js` in a built tree, `.ts` where Node runs the sources. A string in `new URL` is not rewritten. */
const extension = extname(new URL(import.meta.url).pathname);

/** The URL of a module of the tree that runs. */
export const own = (module: string): string => new URL(`../${module}${extension}`, import.meta.url).href;

/** What the package's entries are in the tree that runs: two copies of the model would not share their registries. */
const entries: Readonly<Record<string, string>> = {
  'hmm-lab': own('index'),
  'hmm-lab/model': own('model'),
  'hmm-lab/scenario': own('scenario'),
};

/** Whether a module belongs to the tree that runs, which is transformed as it has to be. */
const isOwn = (url: URL): boolean => url.href.startsWith(new URL('../../', import.meta.url).href);

/** Whether a file belongs to the user and not to a package: relative paths, and the `#names` of the user's own package.json. */
const isUsers = (specifier: string, target: URL): boolean =>
  /^(\.{0,2}\/|file:)/.test(specifier) || (specifier.startsWith('#') && !target.pathname.includes('/node_modules/'));

export interface Resolved {
  readonly url: string;
  /** `code` and `data` are files of the user's; anything else is left to Node. */
  readonly kind: 'code' | 'data' | 'other';
}

/**
 * As Node resolves an import in the module `from`: a package that has only ES modules is found, too. Node has no call for this with
 * a parent on every version that is supported, hence the package.
 *
 * @throws an Error that names the specifier and `from`, when there is no such module.
 */
export function resolveFrom(specifier: string, from: string): Resolved {
  const entry = entries[specifier];
  if (entry !== undefined) return { url: entry, kind: 'other' };
  if (isBuiltin(specifier)) return { url: specifier, kind: 'other' };
  const url = resolve(specifier, from);
  const target = new URL(url);
  if (target.protocol !== 'file:' || isOwn(target) || !isUsers(specifier, target)) return { url, kind: 'other' };
  return { url, kind: /\.m?js$/.test(target.pathname) ? 'code' : 'data' };
}
