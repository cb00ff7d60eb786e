/** The event log of a process: a classic notifier of its own that notes each start and each end it is told of. */
import type { Arena } from '../../arena/arena.ts';
import { poolAlloc, poolFree } from '../../arena/pool.ts';
import type { ClassicSub, Mm } from '../../arena/structures.ts';
import { mmuNotifierRegister, mmuNotifierUnregister } from '../../notifier/classic.ts';
import { registerClassicOps } from '../../notifier/ops.ts';
import { eventNames, type NotifierRange } from '../../notifier/range.ts';
import { run } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { ARENA_END, ARENA_VPN } from './operation.ts';

/** A log that is open: inherited by fork, and still of the address space that opened it. */
export interface EventLog {
  readonly sub: ClassicSub;
  users: number;
}

/** Lines nobody has read yet, by notifier. */
const lines = new WeakMap<Arena, Map<ClassicSub, string[]>>();

function linesOf(arena: Arena, sub: ClassicSub): string[] {
  const ofArena = lines.get(arena) ?? new Map<ClassicSub, string[]>();
  lines.set(arena, ofArena);
  const ofSub = ofArena.get(sub) ?? [];
  ofArena.set(sub, ofSub);
  return ofSub;
}

/** Names of the recordings, where they are shorter. */
const shortNames: Readonly<Record<string, string>> = { PROTECTION_VMA: 'PROT_VMA', PROTECTION_PAGE: 'PROT_PAGE' };

/** What the recorder prints for both ends of an address space: address 0 in pages of the arena. */
const ADDRESS_ZERO = -(2 ** 32);

const pageOf = (vpn: number): number => (vpn < ARENA_VPN || vpn > ARENA_END ? ADDRESS_ZERO : vpn - ARENA_VPN);

function note({ arena }: Task, sub: ClassicSub, sign: '+' | '-', { event, owner, start, end }: NotifierRange): void {
  const name = eventNames[event] as string;
  linesOf(arena, sub).push(`${sign}${shortNames[name] ?? name}${owner === 0 ? '' : '*'} ${pageOf(start)} ${pageOf(end)}`);
}

/** Beyond the ids that drivers are given. */
const LOG_OPS = 1000;

registerClassicOps(LOG_OPS, {
  *invalidateRangeStart(task, sub, range) {
    note(task, sub, '+', range);
    return 0;
  },
  *invalidateRangeEnd(task, sub, range) {
    note(task, sub, '-', range);
  },
});

export function openLog(task: Task, mm: Mm): EventLog {
  const sub = poolAlloc(task.arena, task.arena.pools.classic);
  const error = sub === 0 ? -1 : run(mmuNotifierRegister(task, sub, mm, LOG_OPS));
  if (error !== 0) throw new Error(`the event log does not open: ${error}`);
  return { sub, users: 1 };
}

export function closeLog(task: Task, log: EventLog): void {
  log.users--;
  if (log.users > 0) return;
  run(mmuNotifierUnregister(task, log.sub));
  lines.get(task.arena)?.delete(log.sub);
  poolFree(task.arena, task.arena.pools.classic, log.sub);
}

/** What came since the last time. */
export const readLog = ({ arena }: Task, { sub }: EventLog): string[] => linesOf(arena, sub).splice(0);
