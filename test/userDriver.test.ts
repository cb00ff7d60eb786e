/** What a driver of the user's may leave out, what stands for it, and what is said when something is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EOPNOTSUPP } from '../src/arena/errno.ts';
import type { Driver } from '../src/drivers/base/driver.ts';
import { driverDefect, wholeDriver } from '../src/drivers/base/userDriver.ts';
import { dmirror } from '../src/drivers/dmirror/index.ts';
import { registerDriver } from '../src/drivers/registry.ts';
import * as lab from '../src/index.ts';
import { VM_FAULT_SIGBUS } from '../src/mm/table/vmFault.ts';
import * as model from '../src/model.ts';
import { classicOps } from '../src/notifier/ops.ts';
import { run } from '../src/steps/steps.ts';

const { name, summary, open, close, fault, interval, pagemap } = dmirror;
const options = {};
const classic = { *invalidateRangeEnd() {} };
/** Without memory and atomics, and with nothing that only those need. */
const bare = { name, summary, options, open, close, fault, memory: false, atomics: false };

const cases: readonly (readonly [string, unknown, string | null])[] = [
  ['a whole driver', dmirror, null],
  ['no memory and no atomics', { ...bare, interval }, null],
  ['a classic notifier alone', { ...bare, classic }, null],
  ['both kinds of notifiers', { ...bare, classic, interval }, null],
  ['no notifier', bare, 'it lacks interval.invalidate'],
  ['an interval without its hook', { ...bare, classic, interval: {} }, 'it lacks interval.invalidate'],
  [
    'a classic notifier that hears of nothing',
    { ...bare, classic: { *release() {} } },
    'its classic notifier has none of invalidateRangeStart, invalidateRangeEnd and archInvalidateSecondaryTlbs',
  ],
  [
    'a classic notifier that is none',
    { ...bare, classic: 5 },
    'its classic notifier has none of invalidateRangeStart, invalidateRangeEnd and archInvalidateSecondaryTlbs',
  ],
  ['a classic notifier that flushes secondary TLBs', { ...bare, classic: { *archInvalidateSecondaryTlbs() {} } }, null],
  [
    'a classic notifier with brackets and flushes',
    { ...bare, classic: { ...classic, *archInvalidateSecondaryTlbs() {} } },
    'its classic notifier has archInvalidateSecondaryTlbs beside invalidateRangeStart or invalidateRangeEnd',
  ],
  [
    'memory',
    { ...bare, interval, memory: true },
    'it lacks migrateToDevice, migrateToSystem, evict, pagemap.migrateToRam, pagemap.folioFree',
  ],
  [
    'memory without the ways there',
    { ...bare, interval, pagemap, memory: true },
    'it lacks migrateToDevice, migrateToSystem, evict',
  ],
  ['atomics', { ...bare, interval, atomics: true }, 'it lacks makeExclusive'],
  ['a hook that is no function', { ...bare, interval, evict: 5 }, 'it lacks evict'],
];

for (const [what, driver, defect] of cases) test(`a driver with ${what}`, () => assert.equal(driverDefect(driver), defect));

test('what stands for the hooks that are left out does nothing, and says so', () => {
  const given = { ...bare, classic } as unknown as Driver;
  const whole = wholeDriver(given);
  // Drivers are known by their identity.
  assert.equal(wholeDriver(given), whole);
  assert.equal(wholeDriver({ ...given }) === whole, false);
  const task = null as never;
  assert.equal(run(whole.makeExclusive(task, 0, 0)), -EOPNOTSUPP);
  assert.deepEqual(
    [whole.migrateToDevice(task, 0, 0, 1), whole.migrateToSystem(task, 0, 0, 1), whole.evict(task, 0)].map((steps) => run(steps)),
    [0, 0, 0],
  );
  assert.equal(run(whole.pagemap.migrateToRam(task, null as never)), VM_FAULT_SIGBUS);
  assert.equal(whole.fault, dmirror.fault);
  assert.equal(classicOps(registerDriver(whole)), classic);
});

test('the package exports the model with its entry and with one of its own, as the same things', () => {
  const all: Readonly<Record<string, unknown>> = { ...lab };
  const entries = Object.entries({ ...model });
  assert.ok(entries.length > 0);
  assert.deepEqual(
    entries.filter(([one, value]) => all[one] !== value).map(([one]) => one),
    [],
  );
});
