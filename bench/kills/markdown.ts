/** Pieces of Markdown. */

/** Code in a cell of a table. */
export const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``;

/** Words in a cell of a table. */
export const plain = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
