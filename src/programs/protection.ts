/** How recordings write what a snapshot says of a page. */
import {
  PROT_DEV_COHERENT_LOCAL,
  PROT_DEV_COHERENT_REMOTE,
  PROT_DEV_PRIVATE_LOCAL,
  PROT_DEV_PRIVATE_REMOTE,
  PROT_ERROR,
  PROT_PMD,
  PROT_PUD,
  PROT_READ,
  PROT_WRITE,
  PROT_ZERO,
} from '../drivers/dmirror/snapshot.ts';

const kinds = new Map([
  [PROT_ZERO, 'Z'],
  [PROT_DEV_PRIVATE_LOCAL, 'L'],
  [PROT_DEV_PRIVATE_REMOTE, 'X'],
  [PROT_DEV_COHERENT_LOCAL, 'CL'],
  [PROT_DEV_COHERENT_REMOTE, 'CX'],
]);

/** The protection byte of a snapshot in letters: `CLW+pmd`. */
export function protectionText(byte: number): string {
  if (byte === PROT_ERROR) return 'E';
  if (byte === 0) return '-';
  const kind = kinds.get(byte & 0xf0) ?? '';
  const access = (byte & PROT_READ) !== 0 ? 'R' : (byte & PROT_WRITE) !== 0 ? 'W' : '';
  return `${kind}${access}${(byte & PROT_PMD) !== 0 ? '+pmd' : ''}${(byte & PROT_PUD) !== 0 ? '+pud' : ''}`;
}
