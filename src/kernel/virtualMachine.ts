/** A virtual machine for a kernel: QEMU, an initial file system that is the agent and the modules, and a port between agent and lab. */
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { UsageError } from '../input/usageError.ts';
import { agentProgram } from './agentProgram.ts';
import { archive } from './archive.ts';
import type { Place } from './session.ts';

/** What a virtual machine is made of. */
export interface MachineRequest {
  readonly kernelImage: string;
  /** Modules in the order in which they are loaded, the test driver among them. */
  readonly modules: readonly string[];
  readonly cpus: number;
  readonly megabytes: number;
  /** `auto`: KVM where the machine has it. */
  readonly acceleration: 'auto' | 'kvm' | 'tcg';
  readonly qemu: string;
  readonly bootSeconds: number;
  /** Words for the command line of the kernel, beside those that the lab needs. */
  readonly append: string;
}

export const machineUsual = {
  cpus: 2,
  megabytes: 3072,
  acceleration: 'auto',
  qemu: 'qemu-system-x86_64',
  bootSeconds: 180,
  append: '',
} as const;

/** An oops ends the machine, so that nothing is answered by a kernel that is broken. */
const KERNEL_WORDS = [
  ...['console=ttyS0', 'loglevel=5', 'rdinit=/init', 'panic=-1', 'oops=panic', 'mitigations=off'],
  ...['transparent_hugepage=madvise', 'hugepages=32'],
  // A host that is busy gives an emulated timer no time, and the kernel takes it for one that does not work.
  'no_timer_check',
];

/** How many lines of the console are worth showing. */
const LAST_LINES = 25;

/** @throws UsageError for what is no file that can be read. */
function demandFile(path: string, flag: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw new UsageError(`--${flag} '${path}' is no file`);
}

/** Does the processor run virtual machines, and may this user? A device node alone does not mean that it works. */
function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return /^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/** Where a Linux image for x86 says that it is one. */
const IMAGE_MARK = { text: 'HdrS', at: 0x202 };

/** @throws UsageError for what QEMU cannot boot. */
function demandImage(path: string): void {
  demandFile(path, 'kernel-image');
  const mark = readFileSync(path)
    .subarray(IMAGE_MARK.at, IMAGE_MARK.at + IMAGE_MARK.text.length)
    .toString('latin1');
  if (mark !== IMAGE_MARK.text)
    throw new UsageError(`--kernel-image '${path}' is no Linux kernel for x86 (a vmlinuz or bzImage)`);
}

/** @throws UsageError for what is no module. */
function moduleBytes(path: string): Buffer {
  demandFile(path, 'module');
  const content = readFileSync(path);
  const isElf = content.subarray(0, 4).toString('latin1') === '\x7fELF';
  if (!isElf) throw new UsageError(`--module '${path}' is no kernel module that is ready to load (a .ko, unpacked)`);
  return content;
}

function initialFiles(modules: readonly string[]): Buffer {
  const folders = ['proc', 'sys', 'dev', 'tmp', 'modules'].map((name) => ({ name, content: null }));
  const loaded = modules.map((path, i) => {
    const number = String(i).padStart(2, '0');
    return { name: `modules/${number}-${basename(path)}`, content: moduleBytes(path) };
  });
  return archive([...folders, { name: 'init', content: readFileSync(agentProgram()) }, ...loaded]);
}

/** A machine that can be started many times. */
export interface VirtualMachine extends Place {
  /** Removes what it has on the disk. */
  readonly remove: () => void;
}

/**
 * Prepares a machine.
 *
 * @throws UsageError for an image or a module that is none, and where there is no compiler for the agent.
 */
export function virtualMachine(request: MachineRequest): VirtualMachine {
  demandImage(request.kernelImage);
  const files = initialFiles(request.modules);
  const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-machine-'));
  const [initrd, console] = [join(folder, 'initrd'), join(folder, 'console')];
  writeFileSync(initrd, files);
  const withKvm = request.acceleration === 'kvm' || (request.acceleration === 'auto' && hasKvm());
  const processor = withKvm ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off'];
  const args = [
    ...['-machine', 'pc', ...processor, '-smp', String(request.cpus), '-m', String(request.megabytes)],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', `file:${console}`],
    ...['-chardev', 'stdio,id=agent,signal=off', '-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent'],
    ...['-kernel', request.kernelImage, '-initrd', initrd, '-append', [...KERNEL_WORDS, request.append].join(' ').trim()],
  ];
  const lastLines = (): string[] => {
    const text = statSync(console, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(console, 'latin1');
    return text
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .slice(-LAST_LINES);
  };
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { program: request.qemu, args, startSeconds: request.bootSeconds, lastLines, remove };
}
