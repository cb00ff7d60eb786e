/** The event log of a process: a classic notifier of its own that notes each start and each end it is told of. */
import type { Arena } from '../arena/arena.ts';
import { poolAlloc, poolFree } from '../arena/pool.ts';
import type { ClassicSub, Mm } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { mmuNotifierRegister, mmuNotifierUnregister } from '../notifier/classic.ts';
import { registerClassicOps } from '../notifier/ops.ts';
import { eventNames, type NotifierRange } from '../notifier/range.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Machine } from './machine.ts';

/** What a log was told, in pages of the model. */
interface Line {
  readonly what: string;
  readonly start: Vpn;
  readonly end: Vpn;
}

/** Lines nobody has read yet, by notifier. They are in no arena: logs are for programs that run alone. */
const lines = new WeakMap<Arena, Map<ClassicSub, Line[]>>();

function linesOf(arena: Arena, sub: ClassicSub): Line[] {
  const ofArena = lines.get(arena) ?? new Map<ClassicSub, Line[]>();
  lines.set(arena, ofArena);
  const ofSub = ofArena.get(sub) ?? [];
  ofArena.set(sub, ofSub);
  return ofSub;
}

/** Names of the recordings, where they are shorter. */
const shortNames: Readonly<Record<string, string>> = { PROTECTION_VMA: 'PROT_VMA', PROTECTION_PAGE: 'PROT_PAGE' };

/** What the recorder prints for both ends of an address space: address 0 in pages of the arena. */
const ADDRESS_ZERO = -(2 ** 32);

function note({ arena }: Task, sub: ClassicSub, sign: '+' | '-', { event, owner, start, end }: NotifierRange): void {
  const name = eventNames[event] as string;
  linesOf(arena, sub).push({ what: `${sign}${shortNames[name] ?? name}${owner === 0 ? '' : '*'}`, start, end });
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

/** Opens a log of the address space; a child inherits it, and it stays that of its parent. */
export function* openLog(task: Task, mm: Mm): Steps<ClassicSub> {
  const sub = poolAlloc(task.arena, task.arena.pools.classic);
  const error = sub === 0 ? -1 : yield* mmuNotifierRegister(task, sub, mm, LOG_OPS);
  if (error !== 0) throw new Error(`the event log does not open: ${error}`);
  return sub;
}

export function* closeLog(task: Task, sub: ClassicSub): Steps<void> {
  const { arena } = task;
  yield* mmuNotifierUnregister(task, sub);
  lines.get(arena)?.delete(sub);
  poolFree(arena, arena.pools.classic, sub);
}

/** What came since the last time, as the recordings have it. */
export function readLog({ arena, base, end: last }: Machine, sub: ClassicSub): string[] {
  const pageOf = (vpn: Vpn): number => (vpn < base || vpn > last ? ADDRESS_ZERO : vpn - base);
  return linesOf(arena, sub)
    .splice(0)
    .map(({ what, start, end }) => `${what} ${pageOf(start)} ${pageOf(end)}`);
}
