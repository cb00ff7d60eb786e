/** How sure a share is: the interval of Wilson, in which it lies in 95 of 100 cases. */
const Z = 1.96;

/** From and to, as shares. Nothing is known of a share of nothing. */
export function interval(hits: number, of: number): readonly [from: number, to: number] {
  if (of === 0) return [0, 1];
  const share = hits / of;
  const weight = (Z * Z) / of;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z * Math.sqrt((share * (1 - share)) / of + weight / (4 * of))) / (1 + weight);
  return [hits === 0 ? 0 : middle - half, hits === of ? 1 : middle + half];
}

/** `100 of 100 (96 to 100 %)` */
export function shareText(hits: number, of: number): string {
  const [from, to] = interval(hits, of).map((share) => (share * 100).toFixed(1).replace(/\.0$/, ''));
  return `${hits} of ${of} (${from} to ${to} %)`;
}
