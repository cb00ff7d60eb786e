/** The flags that say where programs run on a real kernel. */
import { type ChosenPlace, placeFor } from '../kernel/place.ts';
import { machineUsual } from '../kernel/virtualMachine.ts';
import type { Values } from './flags.ts';

export const placeFlags = [
  { name: 'vm', kind: 'switch', help: 'in a virtual machine (QEMU; with KVM where there is one)' },
  { name: 'host', kind: 'switch', help: 'on this machine, as root, with the test driver loaded; it may crash' },
  { name: 'yes', kind: 'switch', help: 'with --host: that is known' },
  {
    name: 'kernel-image',
    kind: 'text',
    value: 'FILE',
    help: 'with --vm: the kernel, a vmlinuz or bzImage',
    example: '/boot/vmlinuz',
  },
  {
    name: 'module',
    kind: 'list',
    value: 'FILE',
    help: 'with --vm: a module to load, unpacked; test_hmm.ko, unless the kernel has it built in',
    example: 'test_hmm.ko',
  },
  {
    name: 'accel',
    kind: 'text',
    value: 'NAME',
    default: machineUsual.acceleration,
    help: 'kvm; tcg, emulation; or auto, the first one that this machine has',
  },
  { name: 'cpus', kind: 'whole', min: 1, max: 64, default: machineUsual.cpus, help: 'processors of the virtual machine' },
  { name: 'memory', kind: 'whole', min: 1024, max: 1048576, default: machineUsual.megabytes, unit: 'MiB', help: 'its memory' },
  { name: 'qemu', kind: 'text', value: 'PROGRAM', default: machineUsual.qemu, help: 'the program that makes virtual machines' },
  { name: 'append', kind: 'text', value: 'WORDS', help: 'more words for the command line of the kernel' },
  {
    name: 'boot-seconds',
    kind: 'whole',
    min: 1,
    max: 3600,
    default: machineUsual.bootSeconds,
    unit: 's',
    help: 'longest time to boot',
  },
] as const;

/** @throws UsageError for flags that do not go together, and what is missing on this machine. */
export function placeOf(values: Values<typeof placeFlags>, headers?: string): ChosenPlace {
  const { vm, host, yes, module: modules, accel: acceleration, cpus, memory: megabytes, qemu, append } = values;
  const { 'kernel-image': kernelImage, 'boot-seconds': bootSeconds } = values;
  const machine = { cpus, megabytes, qemu, bootSeconds, ...(append === undefined ? {} : { append }) };
  return placeFor({ vm, host, yes, kernelImage, modules, acceleration, headers, ...machine });
}
