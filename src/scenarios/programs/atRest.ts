/** What is looked at when all columns of a program are done. */
import { get, load } from '../../arena/access.ts';
import { liveAddress, liveObjects } from '../../arena/pool.ts';
import { Mm, MmFlag } from '../../arena/structures.ts';
import { deviceDel } from '../../mm/page/devres.ts';
import { swapoff } from '../../mm/syscalls/swapoff.ts';
import { describePte, isSwap } from '../../mm/table/pte.ts';
import { forEachEntry } from '../../mm/table/tables.ts';
import { VM_LOCKED, vmaFlags, vmaLookup } from '../../mm/vma/vma.ts';
import { contentsAt } from '../../oracles/contents.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLeaks } from '../../oracles/leaks.ts';
import { checkLocksFree, checkMirrors } from '../../oracles/mirror.ts';
import { checkNotifiers } from '../../oracles/notifiers.ts';
import type { Allowed } from '../../programs/allowed.ts';
import type { Machine } from '../../programs/machine.ts';
import { addressAt, numberAt, type Operation, pageOf } from '../../programs/operation.ts';
import { mmOf, pinnedPages, processNamed, takeDown } from '../../programs/processes.ts';
import type { Ending, Program } from '../../programs/program.ts';
import { run } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import type { Sequential } from './orders.ts';

/** What holds whatever was done. */
export function checkMachine({ arena }: Machine): Finding[] {
  return [...checkLocksFree(arena), ...checkNotifiers(arena), ...checkCounts(arena, pinnedPages(arena)), ...checkMirrors(arena)];
}

/** The first word of a page at the end, as the page table or its swap slot has it. Looks, and changes nothing. */
function wordAt({ arena, base }: Machine, mm: Mm, page: number): number {
  const at = contentsAt(arena, mm, base + page);
  return at < 0 ? 0 : (arena.frames[at] as number) >>> 0;
}

/** Every page of a process that is still there holds what it may. */
export function checkEnds(machine: Machine, values: Allowed | null): Finding[] {
  const { arena } = machine;
  return [...(values?.ends ?? [])].flatMap(([place, allowedThere]) => {
    const [worker, page] = place.split(' ').map(Number) as [number, number];
    const process = processNamed(arena, worker);
    if (process === 0) return [];
    const found = wordAt(machine, mmOf(arena, process), page);
    if (allowedThere.has(found)) return [];
    const whose = worker === 0 ? '' : ` of process ${worker}`;
    const message = `page ${page}${whose} holds ${found} at the end, allowed: ${[...allowedThere].join(', ')}`;
    return [{ rule: 'I-DATA', message }];
  });
}

/** Does it take all access away from memory? mlock leaves out of memory what nobody may touch. */
const forbids = ({ name, args }: Operation): boolean => name === 'mprotect' && !/[rwx]/.test(String(args[2]));

/** mlock: what may be touched of a mapping that is locked is in memory. */
export function checkLocked({ arena }: Machine, { given, columns }: Program): Finding[] {
  const operations = [...given.map(({ operation }) => operation), ...columns.flatMap((column) => column.operations)];
  if (!arena.hasSwap || !operations.some(({ name }) => name === 'mlock') || operations.some(forbids)) return [];
  const findings: Finding[] = [];
  for (const mm of liveObjects(arena, arena.pools.mm)) {
    if (load(arena, mm + Mm.users) <= 0) continue;
    forEachEntry(arena, get(arena, mm + Mm.pgd), (vpn, pte) => {
      const vma = vmaLookup(arena, mm, vpn);
      if (isSwap(pte) && vma !== 0 && (vmaFlags(arena, vma) & VM_LOCKED) !== 0)
        findings.push({
          rule: 'I-ENTRY',
          message: `entry ${describePte(pte)} at address page ${vpn} is in swap, and locked in memory`,
        });
    });
  }
  return findings;
}

/** Of an address space that the OOM reaper is done with no private page is left: what was discarded would be seen as zeroes. */
export function checkReaped({ arena }: Machine): Finding[] {
  const reaped = MmFlag.unstable | MmFlag.oomSkip;
  return liveObjects(arena, arena.pools.mm).flatMap((mm) => {
    const left = load(arena, mm + Mm.rssAnon);
    if (load(arena, mm + Mm.users) <= 0 || (load(arena, mm + Mm.flags) & reaped) !== reaped || left === 0) return [];
    return [{ rule: 'I-QUIET', message: `${left} pages are left behind an OOM reaper that took everything` }];
  });
}

/** What the program says about the end. */
export function checkAsked(machine: Machine, ends: readonly Ending[]): Finding[] {
  const { arena } = machine;
  return ends.flatMap(({ operation, values }) => {
    const process = processNamed(arena, operation.worker);
    if (process === 0) return [];
    const first = pageOf(addressAt(operation, 0));
    const mm = mmOf(arena, process);
    const found = Array.from({ length: numberAt(operation, 1) }, (_, i) => wordAt(machine, mm, first + i)).join(',');
    if (values.includes(found)) return [];
    return [{ rule: 'I-DATA', message: `'${operation.text}' finds ${found} at the end, which should be ${values.join(' or ')}` }];
  });
}

/** Of a model with a bug: operations of the set-up fail that did not, or do not fail that did. */
export const checkSetUp = ({ given }: Program, gone: ReadonlySet<Operation>, unchanged: Sequential): Finding[] =>
  given.flatMap(({ operation }, place) => {
    const fails = gone.has(operation);
    if (fails === unchanged.gone.includes(place)) return [];
    return [{ rule: 'I-OUT', message: `'${operation.text}' of what is given ${fails ? 'fails' : 'succeeds'}, and should not` }];
  });

/** Ends every process, removes every device, and says what is left: nothing may be. The machine is of no use afterwards. */
export function tornDown(machine: Machine, task: Task): Finding[] {
  const { arena, devices } = machine;
  for (const process of liveObjects(arena, arena.pools.process)) run(takeDown(task, machine, process));
  for (const { device } of devices) if (liveAddress(arena, arena.pools.device, device) !== 0) run(deviceDel(task, device));
  if (arena.hasSwap) run(swapoff(task));
  return checkLeaks(arena);
}
