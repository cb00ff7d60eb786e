/** What a kernel has of all that the lab can use, in sentences. */
import { UsageError } from '../input/usageError.ts';
import type { Kernel } from './scripts.ts';

/** As the agent says it. */
export interface KernelFacts {
  readonly release: string;
  readonly machine: string;
  readonly cpus: number;
  readonly pageBytes: number;
  /** Numbers of the nodes /dev/hmm_dmirrorN that open. */
  readonly devices: readonly number[];
  readonly root: boolean;
  readonly frames: boolean;
  readonly gupTest: boolean;
  readonly bpf: boolean;
  readonly btf: boolean;
  readonly driverBtf: boolean;
  readonly kprobes: boolean;
  /** The module hmm_lab_hold is loaded. */
  readonly hold: boolean;
  readonly symbols: boolean;
  readonly text: boolean;
  readonly hugePages?: string;
  readonly hugetlbPages?: string;
  readonly preemption?: string;
  readonly lockdown?: string;
  readonly driverVersion?: string;
}

const CHECK_SECONDS = 60;

/** Asks a kernel. */
export async function factsOf(kernel: Kernel): Promise<KernelFacts> {
  const session = await kernel.session();
  session.send('check');
  const { check: _, ...facts } = JSON.parse(await session.next(CHECK_SECONDS)) as KernelFacts & { readonly check: number };
  return facts;
}

/** One thing a kernel may have. */
export interface Finding {
  readonly what: string;
  readonly has: boolean;
  /** What it is for, and where it comes from if it is missing. */
  readonly sentence: string;
}

const PAGE_BYTES = 4096;

/** All of it, what nothing goes without first. */
export function findings(facts: KernelFacts): Finding[] {
  const { devices, cpus, hugePages = '', hugetlbPages = '0', preemption = '', lockdown = '' } = facts;
  const finding = (what: string, has: boolean, found: string, missing: string): Finding => ({
    what,
    has,
    sentence: has ? found : missing,
  });
  return [
    finding(
      'root',
      facts.root,
      'The agent is root.',
      'The agent is not root: the device nodes and /proc/kpageflags are closed to it.',
    ),
    finding(
      'test driver',
      devices.length > 0,
      `The test driver has the nodes ${devices.map((number) => `/dev/hmm_dmirror${number}`).join(', ')}.`,
      'No node /dev/hmm_dmirrorN opens: the module test_hmm is not loaded (CONFIG_TEST_HMM), or is one of another kernel.',
    ),
    finding(
      'pages',
      facts.pageBytes === PAGE_BYTES,
      'Pages have 4 KiB.',
      `Pages have ${facts.pageBytes} bytes, recordings are of 4 KiB.`,
    ),
    finding(
      'frames',
      facts.frames,
      'Page frames can be looked at.',
      'There is no /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR), so pm cannot tell pages apart.',
    ),
    finding(
      'huge pages',
      /\[(madvise|always)\]/.test(hugePages),
      `Transparent huge pages: ${hugePages}.`,
      'There are no transparent huge pages, or they are off: scripts that use them answer otherwise.',
    ),
    finding(
      'hugetlb',
      Number(hugetlbPages) > 0,
      `${hugetlbPages} hugetlb pages are set aside.`,
      'No hugetlb pages are set aside (hugepages=32 on the kernel command line): mmap ... huge fails.',
    ),
    finding(
      'gup_test',
      facts.gupTest,
      'gup_test is there.',
      'gup_test is not there (CONFIG_GUP_TEST): gup, ltpin and ltunpin fail.',
    ),
    finding('processors', cpus > 1, `${cpus} CPUs are online.`, 'One CPU is online: two actors only take turns.'),
    finding('BPF', facts.bpf, 'BPF programs can be loaded.', 'BPF is not there, or not allowed (CONFIG_BPF_SYSCALL).'),
    finding(
      'BTF',
      facts.btf,
      'The kernel describes its types (BTF).',
      'There is no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF): no fentry.',
    ),
    finding(
      'BTF of the driver',
      facts.driverBtf,
      'The test driver describes its types.',
      'The test driver has no BTF: no fentry on its functions.',
    ),
    finding('kprobes', facts.kprobes, 'There are kprobes.', 'There are no kprobes for perf (CONFIG_KPROBE_EVENTS).'),
    finding(
      'hmm_lab_hold',
      facts.hold,
      'The module hmm_lab_hold is loaded: whoever it holds sleeps.',
      'The module hmm_lab_hold is not loaded (--headers builds it): whoever a kprobe holds keeps a CPU.',
    ),
    finding(
      'symbols',
      facts.symbols,
      'Addresses of symbols are shown.',
      'Addresses of symbols are hidden (kernel.kptr_restrict).',
    ),
    finding('code', facts.text, 'The code of the kernel can be read.', 'There is no /proc/kcore: call sites cannot be found.'),
    finding(
      'preemption',
      /\((full|lazy)\)/.test(preemption),
      `Preemption: ${preemption}.`,
      'The kernel is not preemptible, or does not say so.',
    ),
    finding(
      'lockdown',
      !/\[(integrity|confidentiality)\]/.test(lockdown),
      'Nothing is locked down.',
      `The kernel is locked down: ${lockdown}.`,
    ),
  ];
}

/**
 * What no program goes without.
 *
 * @throws UsageError with the first thing that is missing.
 */
export function demandDriver(facts: KernelFacts): void {
  const needed = new Set(['root', 'test driver', 'pages']);
  const missing = findings(facts).find(({ what, has }) => needed.has(what) && !has);
  if (missing !== undefined) throw new UsageError(`Linux ${facts.release} cannot run programs: ${missing.sentence}`);
}
