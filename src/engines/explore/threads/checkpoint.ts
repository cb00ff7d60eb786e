/**
 * A checkpoint: what a search has come to, in a file, so that another process can go on with it.
 *
 * The file is a line that says what it is, then numbers of bytes, a part that says where the search was (as `v8.serialize` writes it),
 * the table of the states, and a hash of all that. It is written beside the old one and then takes its place, so that there is a
 * whole one at any moment.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { UsageError } from '../../../input/usageError.ts';
import type { JobResult } from '../plan/job.ts';
import type { SavedSearch } from './searchShared.ts';

const FIRST_LINE = Buffer.from('hmm-lab checkpoint 1\n');
const HASH_BYTES = 32;

/** What was searched, by names: a checkpoint is one of the very same. */
export type Identity = Readonly<Record<string, string>>;

/** What an exploration had come to. */
export interface Saved {
  /** Results of the stages that were finished, and of the searches of the one under way. */
  readonly stages: readonly (readonly (JobResult | undefined)[])[];
  readonly results: readonly JobResult[];
  /** The search under way; null between two. */
  readonly search: SavedSearch | null;
}

interface Written extends Saved {
  readonly identity: Identity;
  /** Bytes of each part of the table. */
  readonly sizes: readonly number[];
}

const NO_TABLE = { keys: new Uint8Array(0), parts: new Uint8Array(0), prices: null };

function cannot(file: string, what: string, error: unknown): UsageError {
  return new UsageError(`checkpoint '${file}' cannot be ${what}: ${(error as Error).message}`, { cause: error });
}

/** Writes a checkpoint in the place of the one there is. @throws UsageError, a sentence, when that cannot be done. */
export function writeCheckpoint(file: string, identity: Identity, saved: Saved): void {
  const { keys, parts, prices } = saved.search?.table ?? NO_TABLE;
  const tables = prices === null ? [keys, parts] : [keys, parts, prices];
  const search = saved.search === null ? null : { ...saved.search, table: NO_TABLE };
  const written: Written = { ...saved, search, identity, sizes: tables.map(({ length }) => length) };
  const where = serialize(written);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(where.length);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const open = openSync(temporary, 'w');
    try {
      const hash = createHash('sha256');
      for (const bytes of [FIRST_LINE, size, where, ...tables.map((table) => new Uint8Array(table))]) {
        hash.update(bytes);
        writeAll(open, bytes);
      }
      writeAll(open, hash.digest());
      fsyncSync(open);
    } finally {
      closeSync(open);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw cannot(file, 'written', error);
  }
}

function writeAll(open: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(open, bytes, at);
}

/** What a checkpoint of the same search says; null if there is none. @throws UsageError, a sentence, for one of another search, or none that is whole. */
export function readCheckpoint(file: string, identity: Identity): Saved | null {
  if (!existsSync(file)) return null;
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw cannot(file, 'read', error);
  }
  if (!bytes.subarray(0, FIRST_LINE.length).equals(FIRST_LINE))
    throw new UsageError(`'${file}' is no checkpoint of this version: give another file, or remove it`);
  const end = bytes.length - HASH_BYTES;
  const isWhole =
    end > FIRST_LINE.length + 4 && createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end));
  if (!isWhole) throw new UsageError(`checkpoint '${file}' is cut off or damaged: remove it, and the search begins anew`);
  const start = FIRST_LINE.length + 4;
  const where = start + bytes.readUInt32LE(FIRST_LINE.length);
  const { identity: of, sizes, ...saved } = deserialize(bytes.subarray(start, where)) as Written;
  const odd = Object.keys({ ...of, ...identity }).find((name) => of[name] !== identity[name]);
  if (odd !== undefined)
    throw new UsageError(
      `checkpoint '${file}' is of another search: its ${odd} is ${of[odd] ?? 'none'}, here it is ${identity[odd] ?? 'none'}`,
    );
  if (saved.search === null) return saved;
  const tables = sizes.map((length, i) => {
    const from = where + sum(sizes.slice(0, i));
    return bytes.subarray(from, from + length);
  });
  const [keys, parts, prices = null] = tables as unknown as [Uint8Array, Uint8Array, Uint8Array?];
  return { ...saved, search: { ...saved.search, table: { keys, parts, prices } } };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
