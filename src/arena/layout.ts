/**
 * Declares shared structures. Every word of the arena is declared once, here or through here: its meaning, the kernel
 * field it models, and who may touch it how. Offsets come from the declaration; nothing else computes them.
 */

/**
 * - `atomic`: read-modify-write or sequentially consistent access by anybody.
 * - `guarded`: plain access, only while holding the named lock.
 * - `owned`: written by one actor only; others may look, and may see an old value.
 * - `frozen`: written before the object is published, never after.
 */
export type Protection = 'atomic' | 'guarded' | 'owned' | 'frozen';

/** One declared field. `words` is its length in Int32 words. */
export interface Field {
  readonly protection: Protection;
  readonly words: number;
  readonly meaning: string;
  /** Name of the guarding lock, for `guarded` fields. */
  readonly lock?: string;
}

const field = (protection: Protection, meaning: string, words: number): Field => ({ protection, words, meaning });

export const atomic = (meaning: string, words = 1): Field => field('atomic', meaning, words);
export const owned = (meaning: string, words = 1): Field => field('owned', meaning, words);
export const frozen = (meaning: string, words = 1): Field => field('frozen', meaning, words);
export const guarded = (lock: string, meaning: string, words = 1): Field => ({ ...field('guarded', meaning, words), lock });

/** Declaration of a structure: its name, length and fields, next to the offsets themselves. */
export interface Shape<N extends string = string> {
  readonly name: N;
  /** Length of one object in words, a multiple of `align`. */
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}

export type Struct<N extends string, F extends Record<string, Field>> = { readonly [K in keyof F]: number } & {
  readonly shape: Shape<N>;
};

/**
 * Lays fields out one after another and returns `{ fieldName: offset, ..., shape }`. Offsets are in words from the
 * start of an object, so a field of the object at `mm` is read as `get(arena, mm + Mm.pgd)`, much like `mm->pgd`.
 */
export function struct<N extends string, const F extends Record<string, Field>>(name: N, fields: F, align = 1): Struct<N, F> {
  const offsets: Record<string, number> = {};
  let size = 0;
  for (const [key, { words }] of Object.entries(fields)) {
    offsets[key] = size;
    size += words;
  }
  size = Math.ceil(size / align) * align;
  return Object.freeze({ ...offsets, shape: { name, size, fields } }) as unknown as Struct<N, F>;
}

/** A structure whose objects come from a pool: word 0 holds the handle of the live object (see pool.ts). */
export function pooled<N extends string, const F extends Record<string, Field>>(
  name: N,
  fields: F,
  align = 1,
): Struct<N, F & { handle: Field; link: Field }> {
  return struct(
    name,
    {
      handle: atomic('the handle while the object is live, minus its next generation while it is free'),
      link: guarded('pool lock', 'next free object'),
      ...fields,
    },
    align,
  ) as unknown as Struct<N, F & { handle: Field; link: Field }>;
}
