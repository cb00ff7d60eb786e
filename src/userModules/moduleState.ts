/** Modules of the user's whose operations keep something outside of the shared words: an explorer refuses them. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONSTANT_MARK, type OuterChange, outerState } from '../build/outerState.ts';
import { UsageError } from '../input/usageError.ts';

const nothing: ReadonlySet<string> = new Set();

/**
 * The first change, in a module or in those it imports by relative paths. `exported` are the names whose functions operations are
 * made of, beside the generators. Of a module that is no JavaScript nothing is said here: it does not load.
 */
function firstChange(entry: URL, exported: ReadonlySet<string>): readonly [file: string, change: OuterChange] | null {
  const used = new Map<string, ReadonlySet<string>>([[entry.href, exported]]);
  const pending = [entry.href];
  for (let href = pending.pop(); href !== undefined; href = pending.pop()) {
    const file = fileURLToPath(href);
    if (!existsSync(file)) continue;
    const { changes, uses } = stateOf(readFileSync(file, 'utf8'), used.get(href) ?? nothing);
    const [change] = changes;
    if (change !== undefined) return [file, change];
    for (const [specifier, names] of uses) {
      if (!/^(\.{1,2}\/|file:)/.test(specifier) || !/\.m?js$/.test(specifier)) continue;
      const target = new URL(specifier, href).href;
      const known = used.get(target);
      const all = new Set([...(known ?? nothing), ...names]);
      if (known !== undefined && known.size === all.size) continue;
      used.set(target, all);
      pending.push(target);
    }
  }
  return null;
}

function stateOf(source: string, exported: ReadonlySet<string>) {
  try {
    return outerState(source, exported);
  } catch (error) {
    if (error instanceof SyntaxError) return { changes: [], uses: new Map<string, ReadonlySet<string>>() };
    throw error;
  }
}

const shown = (file: string): string => {
  const way = relative(process.cwd(), file);
  return way.startsWith('..') ? file : way;
};

/**
 * For an explorer. Of a driver the hooks are looked at, too, that are no generators.
 *
 * @throws UsageError that names a variable which an operation changes although it is declared outside of it.
 */
export function refuseOuterState(entry: URL, what: 'scenario' | 'driver'): void {
  const found = firstChange(entry, what === 'driver' ? new Set(['default']) : nothing);
  if (found === null) return;
  const [file, { name, line, column }] = found;
  throw new UsageError(
    `${what} module '${shown(fileURLToPath(entry))}' keeps state where an explorer cannot see it: an operation changes '${name}', which is declared outside of it ` +
      `(${shown(file)}:${line}:${column}); keep it in shared words or in variables of the operation, or, if it is filled once with what is ` +
      `always the same, write /* ${CONSTANT_MARK} */ in front of its declaration`,
  );
}
