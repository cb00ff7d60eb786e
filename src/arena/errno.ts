/** The errno values the model returns, negated, exactly as the kernel functions do. */
export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EINVAL = 22;
export const ENOLCK = 37;
export const EOVERFLOW = 75;
export const EOPNOTSUPP = 95;

const names: ReadonlyMap<number, string> = new Map([
  [EPERM, 'EPERM'],
  [ENOENT, 'ENOENT'],
  [EINTR, 'EINTR'],
  [EAGAIN, 'EAGAIN'],
  [ENOMEM, 'ENOMEM'],
  [EFAULT, 'EFAULT'],
  [EBUSY, 'EBUSY'],
  [EINVAL, 'EINVAL'],
  [ENOLCK, 'ENOLCK'],
  [EOVERFLOW, 'EOVERFLOW'],
  [EOPNOTSUPP, 'EOPNOTSUPP'],
]);

/** `-16` becomes `-EBUSY`; anything that is not a negated errno is printed as a number. */
export function errnoName(code: number): string {
  const name = names.get(-code);
  return name === undefined ? String(code) : `-${name}`;
}
