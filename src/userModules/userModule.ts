/** Imports a module of the user's, or hashes it. */
import { Copies } from './copies.ts';

/** What a module exports by default, and a hash of its source and of those it imports by relative paths. */
export async function importUserModule(entry: URL): Promise<{ readonly exported: unknown; readonly sources: string }> {
  const copies = new Copies();
  const module = (await copies.loadEntry(entry)) as { readonly default?: unknown };
  return { exported: module.default, sources: copies.sources };
}

/** The same hash, without running anything. */
export function sourcesOf(entry: URL): string {
  const copies = new Copies();
  copies.copy(entry.href);
  return copies.sources;
}
