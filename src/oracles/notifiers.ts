/** I-PAIR, I-SEQ: no bracket is open, the sequence is even, nothing is deferred, nobody waits. */

import { get, load } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { liveObjects } from '../arena/pool.ts';
import { isOdd, serialLoad } from '../arena/serials.ts';
import { ClassicSub, Header, IntervalSub, Subscriptions } from '../arena/structures.ts';
import type { Finding } from './finding.ts';

export function checkNotifiers(arena: Arena): Finding[] {
  const findings: Finding[] = [];
  const expect = (holds: boolean, rule: string, message: string): void => {
    if (!holds) findings.push({ rule, message });
  };
  for (const subs of liveObjects(arena, arena.pools.subscriptions)) {
    const active = get(arena, subs + Subscriptions.active);
    expect(active === 0, 'I-PAIR', `${active} invalidations are still open`);
    expect(
      !isOdd(serialLoad(arena, subs + Subscriptions.invalidateSeq)),
      'I-SEQ',
      'the sequence is odd though no invalidation is under way',
    );
    expect(get(arena, subs + Subscriptions.deferred) === 0, 'I-CB', 'intervals are left on the deferred list');
    const waiters = load(arena, subs + Subscriptions.waiters);
    expect(waiters === 0, 'I-DEAD', `${waiters} readers wait for an invalidation that is over`);
  }
  for (const sub of liveObjects(arena, arena.pools.interval)) {
    if (get(arena, sub + IntervalSub.inTree) === 0) continue;
    expect(isOdd(serialLoad(arena, sub + IntervalSub.invalidateSeq)), 'I-SEQ', `the sequence of interval ${sub} is even`);
    expect(load(arena, sub + IntervalSub.running) === 0, 'I-CB', `a callback of interval ${sub} is still counted as running`);
  }
  for (const sub of liveObjects(arena, arena.pools.classic)) {
    const open = load(arena, sub + ClassicSub.open);
    // One that was unregistered hears nothing any more.
    if (get(arena, sub + ClassicSub.linked) !== 0)
      expect(open === 0, 'I-PAIR', `notifier ${sub} was not told of the end of ${open} invalidations`);
  }
  for (const index of [0, 1])
    expect(load(arena, Header.srcuReaders + index) === 0, 'I-PAIR', 'an SRCU read section was not ended');
  return findings;
}
