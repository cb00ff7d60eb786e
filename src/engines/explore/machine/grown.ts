/** A longer array that begins like `array`: twice as long, or of `length`. */
export function grown<T extends Int32Array | Int8Array | Uint8Array>(array: T, length = 2 * array.length): T {
  const more = new (array.constructor as new (length: number) => T)(length);
  more.set(array);
  return more;
}
