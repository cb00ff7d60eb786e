/** The atomicity audit: it reports a step that another actor can come between, and none that is one; and the model passes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, cas, get, increase, load, set, store } from '../../src/arena/access.ts';
import { rawLock, rawUnlock } from '../../src/arena/raw.ts';
import { Header } from '../../src/arena/structures.ts';
import { builtinDrivers } from '../../src/drivers/registry.ts';
import { type AuditFinding, audit } from '../../src/engines/explore/audit/audit.ts';
import { exceptionFor, exceptions } from '../../src/engines/explore/audit/exceptions.ts';
import { scenarioNamed, scenarios, scenariosWith } from '../../src/engines/explore/plan/catalogue.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexTryLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';

const [X, Y, LOCK, OTHER] = [Header.shared, Header.shared + 1, Header.shared + 2, Header.shared + 3];

type Operation = (task: Task) => Steps<unknown>;

function scenario(...operations: readonly Operation[]): Scenario {
  return {
    name: 'audited',
    title: '',
    windows: '',
    prepare() {
      const arena = wordArena(operations.length);
      const actors = operations.map((operation, i) => ({ name: 'ABC'[i] as string, operations: [operation] }));
      return { arena, actors, check: () => [] };
    },
  };
}

const keysOf = (...operations: readonly Operation[]): string[] =>
  audit(scenario(...operations), { executions: 300, seed: 1 })
    .findings.map(({ key }) => key.replaceAll('header.shared', 'word'))
    .sort();

/** Does it in a step of its own. */
const step = (use: (task: Task) => void): Operation =>
  function* (task) {
    yield Point.call;
    use(task);
    yield Point.setPte;
  };

/** Each in a step of its own. */
const steps = (...uses: readonly ((task: Task) => void)[]): Operation =>
  function* (task) {
    for (const use of uses) {
      yield Point.setPte;
      use(task);
    }
  };

const under = (lock: number, inside: Operation): Operation =>
  function* (task) {
    yield* mutexLock(task, lock, LockClass.updateLock);
    yield* inside(task);
    yield* mutexUnlock(task, lock, LockClass.updateLock);
  };

const writesBoth = steps(
  ({ arena }) => store(arena, X, 1),
  ({ arena }) => store(arena, Y, 1),
);

const looksTwice = step(({ arena }) => {
  load(arena, X);
  load(arena, Y);
});

const none: readonly string[] = [];

test('a look at two words that another actor writes one after the other is no step', () => {
  assert.deepEqual(keysOf(looksTwice, writesBoth), ['word[0] + word[1] at call']);
});

test('what is done under a raw lock is one, with another one taken and released in between', () => {
  const underRaw = (use: (task: Task) => void): Operation =>
    step((task) => {
      rawLock(task.arena, LOCK);
      rawLock(task.arena, OTHER);
      rawUnlock(task.arena, OTHER);
      use(task);
      rawUnlock(task.arena, LOCK);
    });
  const looks = underRaw(({ arena }) => {
    load(arena, X);
    load(arena, Y);
  });
  const writes = underRaw(({ arena }) => {
    store(arena, X, 1);
    store(arena, Y, 1);
  });
  assert.deepEqual(keysOf(looks, writes), none);
});

test('with a point in between it is two, and both are steps', () => {
  const looks = steps(
    ({ arena }) => void load(arena, X),
    ({ arena }) => void load(arena, Y),
  );
  assert.deepEqual(keysOf(looks, writesBoth), none);
});

test('a word that only the actor itself touches, or that nobody writes, is not contested', () => {
  const own = step(({ arena }) => {
    store(arena, OTHER, load(arena, X) + load(arena, Y + 4));
    load(arena, Y + 4);
  });
  assert.deepEqual(keysOf(own, writesBoth), none);
});

test('what a lock guards is not contested; a lock that the other side does not hold guards nothing', () => {
  assert.deepEqual(keysOf(under(LOCK, looksTwice), under(LOCK, writesBoth)), none);
  assert.deepEqual(keysOf(under(LOCK, looksTwice), writesBoth), ['word[0] + word[1] at call']);
  assert.deepEqual(keysOf(under(LOCK, looksTwice), under(OTHER, writesBoth)), ['word[0] + word[1] at call']);
});

test('a sum that is read and stored without a point in between loses one; a read-modify-write is one access', () => {
  const sum = step(({ arena }) => set(arena, X, get(arena, X) + 1));
  assert.deepEqual(keysOf(sum, sum), ['word[0] + word[0] at call']);
  const adds = step(({ arena }) => void add(arena, X, 1));
  assert.deepEqual(keysOf(adds, adds), none);
});

test('a look that a compare-and-swap confirms is no access of its own; one that a store overwrites is', () => {
  const again = (confirms: (task: Task, seen: number) => boolean): Operation =>
    step((task) => {
      while (!confirms(task, load(task.arena, X)));
    });
  const swaps = again(({ arena }, seen) => cas(arena, X, seen, seen + 1) === seen);
  assert.deepEqual(keysOf(swaps, swaps), none);
  const stores = again(({ arena }, seen) => {
    store(arena, X, seen + 1);
    return true;
  });
  assert.deepEqual(keysOf(stores, stores), ['word[0] + word[0] at call']);
});

test('two additions whose result nobody looks at do not disturb each other', () => {
  const counts = step(({ arena }) => {
    increase(arena, X, 1);
    increase(arena, Y, 1);
  });
  assert.deepEqual(keysOf(counts, counts), none);
});

test('a lock of its own making is seen as what it is, and what follows its release in the same step is reported', () => {
  const homemade = (after: Operation): Operation =>
    function* (task) {
      yield Point.lock;
      if (cas(task.arena, LOCK, 0, 1) !== 0) return;
      yield Point.unlock;
      store(task.arena, LOCK, 0);
      yield* after(task);
    };
  const looks: Operation = function* ({ arena }) {
    load(arena, X);
  };
  const other: Operation = function* ({ arena }) {
    yield Point.lock;
    if (cas(arena, LOCK, 0, 1) !== 0) return;
    store(arena, X, load(arena, X) + 1);
    yield Point.unlock;
    store(arena, LOCK, 0);
  };
  assert.deepEqual(keysOf(homemade(looks), other), ['word[2] + word[0] at unlock']);
});

test('a lock that was not to be had, and what was done about it, are two accesses', () => {
  const tries: Operation = function* (task) {
    if (yield* mutexTryLock(task, LOCK, LockClass.updateLock)) yield* mutexUnlock(task, LOCK, LockClass.updateLock);
    else load(task.arena, X);
  };
  const other: Operation = function* (task) {
    yield* under(
      LOCK,
      steps(() => {}),
    )(task);
    store(task.arena, X, 1);
  };
  assert.deepEqual(keysOf(tries, other), ['word[2] + word[0] at lock']);
});

test('two actors between whom something is handed on come between a step together', () => {
  const first = step(({ arena }) => void add(arena, X, 1));
  const second: Operation = function* ({ arena }) {
    yield Point.call;
    const seen = load(arena, X);
    yield Point.setPte;
    store(arena, Y, seen);
  };
  assert.deepEqual(keysOf(looksTwice, first, second), ['word[0] + word[1] at call']);
});

test('a finding names both lines, and those of what comes between', () => {
  const [finding] = audit(scenario(looksTwice, writesBoth), { executions: 300, seed: 1 }).findings as [AuditFinding];
  const { actor, from, to, first, second, after, before } = finding;
  assert.deepEqual([actor, from, to, after.actor, before.actor], ['A', 'call', 'setPte', 'B', 'B']);
  const lines = [first, after, before, second].map(({ site }) =>
    Number(/^test\/explore\/audit\.long\.test\.ts:(\d+)/.exec(site ?? '')?.[1]),
  );
  const [one, other] = lines.slice(0, 1).concat(lines.slice(3)) as [number, number];
  assert.equal(other - one, 1);
  assert.equal((lines[2] as number) - (lines[1] as number), 1);
});

/** Most exceptions; they are listed in docs/limits.md. */
const MOST_EXCEPTIONS = 5;

/** Findings that an exception covers, over all audits below. */
const excepted: AuditFinding[] = [];

/** Keys of what the audit of these scenarios reports, but for the exceptions. */
function reported(audited: readonly Scenario[], executions: number): string[] {
  const found = audited.flatMap((one) => audit(one, { executions, seed: 7 }).findings);
  excepted.push(...found.filter((finding) => exceptionFor(finding) !== undefined));
  return found.filter((finding) => exceptionFor(finding) === undefined).map(({ key }) => key);
}

test('the model passes with the in-tree test driver', () => {
  assert.deepEqual(reported(scenarios(), 40), none);
});

for (const { name } of builtinDrivers.filter((driver) => driver.name !== 'dmirror')) {
  test(`the model passes with ${name}`, () => {
    assert.deepEqual(reported(scenariosWith(name), 12), none);
  });
}

test('the model passes with huge pages that migrate, are discarded and come home', () => {
  const names = ['huge-migration-vs-discard', 'huge-return-vs-discard', 'huge-page-touched-at-both-ends'];
  const huge = names.map((name) => scenarioNamed(name));
  assert.deepEqual(reported(huge, 60), none);
});

test('there are few exceptions, and each is needed', () => {
  // Two that are seldom met.
  const seldom = ['unregister-vs-exit', 'close-vs-cpu-touch@nouveau'].map((name) => scenarioNamed(name));
  assert.deepEqual(reported(seldom, 800), none);
  const needed = new Set(excepted.map(exceptionFor));
  assert.deepEqual(
    exceptions.filter((exception) => !needed.has(exception)).map(({ fields }) => fields),
    none,
  );
  assert.ok(exceptions.length <= MOST_EXCEPTIONS);
});
