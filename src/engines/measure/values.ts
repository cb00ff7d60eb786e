/** The values of an axis as a person writes them: `1k,2k`, `1k..1M`, `1..512:10`, `page,64K,2M`, `all`. */
import { UsageError } from '../../input/usageError.ts';

/** Values of a range without a count: so many each decade. */
const PER_DECADE = 2;
const MOST_VALUES = 200;

const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** `10`, `2.5k`, `1M`. NaN for anything else. */
export function parseCount(text: string): number {
  const [, digits = '', suffix = ''] = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text) ?? [];
  return digits === '' ? Number.NaN : Number(digits) * (factors[suffix.toLowerCase()] as number);
}

/** To two significant digits, so that the values of a range are ones a person would choose. */
function rounded(value: number): number {
  return value < 10 ? Math.round(value) : Number(value.toPrecision(2));
}

/** Values evenly spaced on a log scale, both ends among them. From 0 there is no such scale. */
function spread(from: number, to: number, count: number): number[] {
  if (count === 1) return [from];
  const step = Math.log(to / from) / (count - 1);
  const values = Array.from({ length: count }, (_, i) => rounded(from * Math.exp(step * i)));
  values[0] = from;
  values[count - 1] = to;
  return [...new Set(values)];
}

/**
 * The numbers of a list of numbers and ranges.
 *
 * @throws UsageError with one sentence, beginning with `what`.
 */
export function parseNumbers(what: string, text: string, parse: (part: string) => number): number[] {
  const values = text.split(',').flatMap((part) => {
    const [, from = '', to, count] = /^(.*?)(?:\.\.(.*?)(?::(\d+))?)?$/.exec(part.trim()) ?? [];
    const first = parse(from);
    if (Number.isNaN(first)) throw new UsageError(`${what}: '${part.trim()}' is no value; such as 1000, 10k,100k or 1k..1M`);
    if (to === undefined) return [first];
    const last = parse(to);
    if (Number.isNaN(last)) throw new UsageError(`${what}: '${part.trim()}' is no range; such as 1k..1M or 1k..1M:10`);
    if (last < first) throw new UsageError(`${what}: the range '${part.trim()}' is reversed, the smaller end comes first`);
    if (first <= 0) throw new UsageError(`${what}: the range '${part.trim()}' begins at ${from}, a range must begin above 0`);
    const wanted = count === undefined ? Math.round(Math.log10(last / first) * PER_DECADE) + 1 : Number(count);
    if (wanted < 1 || wanted > MOST_VALUES)
      throw new UsageError(`${what}: the range '${part.trim()}' has ${wanted} values, allowed are 1 to ${MOST_VALUES}`);
    return last === first ? [first] : spread(first, last, Math.max(wanted, 2));
  });
  return [...new Set(values)];
}

const PAGE = 4096;
const sizeFactors: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Pages of a size: `page`, `64K`, `2M`; `all` is 0. NaN for what is no whole number of pages. */
export function parseSize(text: string): number {
  if (text === 'page') return 1;
  if (text === 'all') return 0;
  const [, digits = '', suffix = ''] = /^(\d+)([KMG])i?B?$/i.exec(text) ?? [];
  const pages = (Number(digits) * (sizeFactors[suffix.toUpperCase()] ?? Number.NaN)) / PAGE;
  return digits !== '' && Number.isSafeInteger(pages) && pages > 0 ? pages : Number.NaN;
}

/** `page`, `64K`, `2M`, `all`. */
export function sizeName(pages: number): string {
  if (pages <= 1) return pages === 0 ? 'all' : 'page';
  const bytes = pages * PAGE;
  for (const suffix of ['G', 'M', 'K'] as const) {
    const size = bytes / (sizeFactors[suffix] as number);
    if (Number.isInteger(size)) return `${size}${suffix}`;
  }
  return `${pages} pages`;
}

/** `850`, `3.2k`, `1M`. */
export function countName(value: number): string {
  for (const [suffix, factor] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (value >= factor) return `${Number((value / factor).toPrecision(6))}${suffix}`;
  }
  return String(value);
}
