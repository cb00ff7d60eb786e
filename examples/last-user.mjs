/**
 * A scenario with a driver made of another one: reclaim takes a page while the process exits. With `mmUser=hold` the callback keeps a
 * user of the address space while it works, and may be the one that drops the last: then the whole exit runs in the thread of
 * reclaim, under the rmap lock (amdkfd before a29e067bd389, CVE-2025-38520).
 *
 *     npx hmm-lab explore ./last-user.mjs
 *     npx hmm-lab explore ./last-user.mjs --driver careless:mmUser=hold
 */
import * as lab from 'hmm-lab/model';
import { FIRST, fillPage } from 'hmm-lab/scenario';

const { dmirror, get, IntervalSub, Mm } = lab;

const options = {
  ...dmirror.options,
  mmUser: { help: 'the callback works without a user of the address space, or holds one', values: ['none', 'hold'] },
};
const place = Object.keys(options).indexOf('mmUser');

function* invalidate(task, sub, range, curSeq) {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  const mm = lab.mirrorMm(arena, mirror);
  const holds = lab.driverOption(arena, mirror, place) === 1 && lab.mmgetNotZero(arena, mm);
  const done = yield* dmirror.interval.invalidate(task, sub, range, curSeq);
  if (holds) yield* lab.mmput(task, mm);
  return done;
}

/** Writes a page, and tells the actors which one it is. */
function setup(m) {
  fillPage(m, 0, 1);
  return lab.ptePfn(lab.readPte(m.arena, get(m.arena, m.mm + Mm.pgd), FIRST));
}

export default {
  title: 'reclaim against exit, with a callback that may drop the last user',
  machine: { pages: 1, swapSlots: 2, driver: { ...dmirror, name: 'careless', options, interval: { invalidate } } },
  setup,
  actors: (m, page) => ({ R: [(task) => lab.reclaimPage(task, page)], E: [(task) => lab.mmput(task, m.mm)] }),
  covers: [{ actor: 'R', point: 'driverSeqSet' }],
};
