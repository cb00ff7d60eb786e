/** A word as a shell takes it: in quotes, if it needs them. Commands that results print are made of such words. */
export const shellWord = (word: string): string => (/^[\w:./=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
