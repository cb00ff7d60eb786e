/** The drivers that come with the lab, by name: for who need not load them to know what is one. */
export const builtinNames = ['dmirror', 'nouveau', 'amdgpu-userptr', 'kfd-svm', 'gpusvm-xe', 'sva'] as const;

export type BuiltinName = (typeof builtinNames)[number];

/** The driver that scenarios have when they say nothing. */
export const DEFAULT_DRIVER: BuiltinName = 'dmirror';

export const isBuiltin = (name: string): boolean => (builtinNames as readonly string[]).includes(name);
