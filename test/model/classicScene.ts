/** An address space whose classic notifiers write what they hear into one log. */
import assert from 'node:assert/strict';
import { get } from '../../src/arena/access.ts';
import { poolAlloc } from '../../src/arena/pool.ts';
import { ClassicSub, Subscriptions } from '../../src/arena/structures.ts';
import { mmuNotifierRegister } from '../../src/notifier/classic.ts';
import { registerClassicOps } from '../../src/notifier/ops.ts';
import type { NotifierRange } from '../../src/notifier/range.ts';
import { subscriptionsOf } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, open } from './brackets.ts';
import { machine, soloTask } from './machine.ts';

let nextOps = 3000;

export function classicScene() {
  const { arena, task, mm } = machine();
  const log: string[] = [];
  /** Called inside every callback. */
  const hook: { during: ((task: Task) => void) | null; pause: boolean } = { during: null, pause: false };
  /** Operations that write down what they hear. */
  const opsOf = (name: string): number => {
    const say = function* (caller: Task, what: string): Steps<void> {
      log.push(`${name} ${what}`);
      if (hook.pause) yield Point.driverInvalidate;
      hook.during?.(caller);
    };
    registerClassicOps(nextOps, {
      *release(caller: Task): Steps<void> {
        yield* say(caller, 'release');
      },
      *invalidateRangeStart(caller: Task, _sub: number, { start, end }: NotifierRange): Steps<number> {
        yield* say(caller, `${start}-${end}`);
        return 0;
      },
      *invalidateRangeEnd(caller: Task): Steps<void> {
        yield* say(caller, 'end');
      },
    });
    return nextOps++;
  };
  const register = (name: string, space = mm): number => {
    const sub = poolAlloc(arena, arena.pools.classic);
    assert.equal(run(mmuNotifierRegister(task, sub, space, opsOf(name), 44)), 0);
    return sub;
  };
  const bracket = (): void => close(task, open(task, mm, 10, 20));
  const said = (): string[] => log.splice(0);
  const list = (): number[] => {
    const found: number[] = [];
    const subs = subscriptionsOf(task, mm);
    for (let sub = get(arena, subs + Subscriptions.list); sub !== 0; sub = get(arena, sub + ClassicSub.next)) found.push(sub);
    return found;
  };
  return { arena, task, mm, other: soloTask(arena, 1), hook, opsOf, register, bracket, said, list };
}
