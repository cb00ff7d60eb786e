/** Work queues under every interleaving: a flush is a flush, nothing is lost, nothing runs twice at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, get, load, set, store } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { Violation } from '../../src/arena/violation.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import type { Task } from '../../src/sync/task.ts';
import { cancelWorkSync, flushWork, queueWork, runPendingWork, type Work, waitForWork } from '../../src/sync/workqueue.ts';

const [QUEUE, WANTED, DONE, INSIDE] = [Header.shared, Header.shared + 1, Header.shared + 2, Header.shared + 3];

/** Copies what is wanted, in two steps, alone. */
const copies: Work = {
  bit: 2,
  cls: LockClass.deferredListWork,
  *run({ arena }) {
    if (add(arena, INSIDE, 1) !== 0) throw new Violation('I-LOCK', 'the work runs twice at once');
    const wanted = load(arena, WANTED);
    yield Point.driverChecked;
    store(arena, DONE, wanted);
    add(arena, INSIDE, -1);
  },
};

type Operation = (task: Task) => Steps<unknown>;

function scenario(
  actors: readonly (readonly Operation[])[],
  check: (words: { done: number; wanted: number }) => boolean,
): Scenario {
  return {
    name: 'work',
    title: '',
    windows: '',
    prepare() {
      const arena = wordArena(actors.length);
      const scripts = actors.map((operations, i) => ({ name: 'PQW'[i] as string, operations }));
      const ok = (): boolean => check({ done: get(arena, DONE), wanted: get(arena, WANTED) });
      return { arena, actors: scripts, check: () => (ok() ? [] : [{ rule: 'I-QUIET', message: 'work was lost' }]) };
    },
  };
}

const asks = (value: number): Operation =>
  function* (task) {
    yield Point.call;
    set(task.arena, WANTED, value);
    queueWork(task, QUEUE, copies);
  };

const flushes: Operation = function* (task) {
  yield Point.call;
  yield* flushWork(task, QUEUE, copies, 0);
};

/** Asks and flushes: afterwards it is done. */
const asksAndFlushes: Operation = function* (task) {
  yield* asks(7)(task);
  yield* flushWork(task, QUEUE, copies, 0);
  if (load(task.arena, DONE) !== 7) throw new Violation('I-OUT', 'flushed, and not done');
};

const works: Operation = function* (task) {
  yield Point.call;
  yield* runPendingWork(task, QUEUE, [copies], 0);
};

const waitsAndWorks: Operation = function* (task) {
  yield Point.call;
  yield* waitForWork(task, QUEUE);
  yield* runPendingWork(task, QUEUE, [copies], 0);
};

const cancels: Operation = function* (task) {
  yield Point.call;
  yield* cancelWorkSync(task, QUEUE, copies);
  if (get(task.arena, INSIDE) !== 0) throw new Violation('I-OUT', 'cancelled, and it still runs');
};

const proved = (what: Scenario) => {
  const result = search(new Executor(what, null), { preemptions: Number.POSITIVE_INFINITY, enough: () => false });
  assert.equal(result.failure, null);
  assert.ok(result.complete && result.cut === 0);
};

test('what was asked for before a flush is done after it, with a worker and without', () => {
  proved(scenario([[asksAndFlushes]], ({ done }) => done === 7));
  proved(scenario([[asksAndFlushes], [works], [works]], ({ done }) => done === 7));
  proved(scenario([[asks(7)], [asksAndFlushes]], ({ done }) => done === 7));
});

test('work that is asked for again while it runs is done again, and the last wish counts', () => {
  proved(scenario([[asks(1), asks(2), flushes], [works]], ({ done, wanted }) => done === wanted));
});

test('a worker that waits is woken', () => {
  proved(scenario([[asks(1)], [waitsAndWorks]], ({ done }) => done === 1));
});

test('cancelled work does not run any more', () => {
  proved(scenario([[asks(1), cancels], [works]], ({ done }) => done === 0 || done === 1));
});

test('work that waits for itself is seen', () => {
  const own: Work = {
    bit: 0,
    cls: LockClass.restoreWork,
    *run(task) {
      yield* flushWork(task, QUEUE, own, 0);
    },
  };
  const suicidal: Operation = function* (task) {
    yield Point.call;
    queueWork(task, QUEUE, own);
    yield* runPendingWork(task, QUEUE, [own], 0);
  };
  const result = search(
    new Executor(
      scenario([[suicidal]], () => true),
      null,
    ),
    { preemptions: 0, enough: () => false },
  );
  assert.equal(result.failure?.rule, 'I-LOCK');
});
