import { KERNELS, NEWEST } from '../kernels/kernels.ts';

/** `--kernel`, which the commands have that run the model of a kernel. */
export const kernelFlag = {
  name: 'kernel',
  kind: 'text',
  value: KERNELS.join('|'),
  defaultText: NEWEST,
  help: 'be this version of Linux (docs/reference/kernels.md says what changed between them)',
  example: KERNELS[0],
} as const;
