import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { clearRefs } from '../../src/mm/syscalls/clearRefs.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf } from './look.ts';
import { machine } from './machine.ts';
import { heard, record } from './recorder.ts';

const AT = 16;

test('clear_refs: one SOFT_DIRTY bracket over everything, and every entry read-only', () => {
  const { arena, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 4));
  run(cpuStore(task, mm, AT, 0, 7));
  run(cpuLoad(task, mm, AT + 1, 0));
  const events = record(task, mm, 0, VPN_LIMIT);
  run(clearRefs(task, mm));
  assert.deepEqual(heard(events), [`SOFT_DIRTY 0-${VPN_LIMIT}`]);
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A)');
  assert.equal(entryOf(arena, mm, AT + 1), 'PRES(A,zero)');
  checkCounts(arena);
});

test('the next write takes the same page again, without a notifier', () => {
  const { arena, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 1));
  run(cpuStore(task, mm, AT, 0, 7));
  const page = pfnOf(arena, mm, AT);
  run(clearRefs(task, mm));
  const events = record(task, mm, 0, VPN_LIMIT);
  assert.equal(run(cpuStore(task, mm, AT, 0, 8)), 0);
  assert.deepEqual(heard(events), []);
  assert.equal(pfnOf(arena, mm, AT), page);
  assert.match(entryOf(arena, mm, AT), /W/);
  checkCounts(arena);
});
