/** A program about serial numbers as a scenario for the explorer. */
import { get, load, store } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import {
  isOdd,
  isSame,
  type Serial,
  serialBegin,
  serialCount,
  serialGet,
  serialIncrease,
  serialLoad,
  serialPast,
  serialSeal,
  serialStore,
  serialUnseal,
} from '../../src/arena/serials.ts';
import { Header } from '../../src/arena/structures.ts';
import { Violation } from '../../src/arena/violation.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task, Watch } from '../../src/sync/task.ts';
import { waitUntil } from '../../src/sync/wait.ts';
import type { Does, SerialActor, SerialProgram, Simple } from './serialProgram.ts';

const [S, U, T, V, FLAG, STOP] = [0, 1, 2, 3, 4, 5].map((i) => Header.shared + i) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** What an actor keeps: copies of the sequence, one of the other serial number, and a register; and does it go on without a point? */
interface Own {
  m: Serial;
  kept: Serial;
  n: Serial;
  r: number;
  goesOn: boolean;
}

/** The check behind it, in the place of one that looks at what a driver has installed. */
export const serialWatch: Watch = {
  installed({ arena }, value) {
    if (get(arena, S) === value) throw new Violation('X-2', `the serial number is ${value}`);
  },
  faultStable: () => {},
};

function* run(task: Task, own: Own, body: readonly Does[]): Steps<void> {
  for (const one of body) {
    if (one.do === 'loop') {
      do yield* run(task, own, one.body);
      while (load(task.arena, STOP) === 0);
    } else if (one.do === 'break') {
      if (own.r === one.value) throw new Violation(one.rule, `the register is ${one.value}`);
    } else if (one.do === 'awaitBit') yield* waitUntil(task, Point.setPte, T, 2, 2);
    else {
      if (!own.goesOn) yield Point.setPte;
      own.goesOn = false;
      if (one.do === 'set') store(task.arena, FLAG, one.value);
      else if (one.do === 'checkIs') task.watch?.installed(task, one.value, 0, 0);
      else simple[one.do](task.arena, own);
    }
  }
}

type Act = (arena: Arena, own: Own) => void;

/** An answer, in the register. */
const answer =
  (ask: (arena: Arena, own: Own) => boolean): Act =>
  (arena, own) => {
    own.r = ask(arena, own) ? 1 : 0;
  };

const simple: Readonly<Record<Simple, Act>> = {
  seal: (arena) => serialSeal(arena, S),
  unseal: (arena) => serialUnseal(arena, S),
  sealIf(arena, { r }) {
    if (r === 1) serialSeal(arena, S);
  },
  count: (arena) => serialCount(arena, U),
  increase: (arena) => serialIncrease(arena, U),
  copy(arena, own) {
    own.m = serialLoad(arena, S);
  },
  past(arena, own) {
    own.m = serialPast(arena, S);
  },
  copyOther(arena, own) {
    own.n = serialGet(arena, U);
  },
  leave: (arena, { m }) => serialStore(arena, T, m),
  fetch(arena, own) {
    own.m = serialLoad(arena, T);
  },
  leaveOther: (arena, { n }) => serialStore(arena, V, n),
  fetchOther(arena, own) {
    own.n = serialLoad(arena, V);
  },
  keep(_arena, own) {
    own.kept = own.m;
  },
  takeUp(_arena, own) {
    own.m = own.kept;
  },
  isSame: answer((arena, { m }) => isSame(m, serialLoad(arena, S))),
  isLeft: answer((arena, { m }) => isSame(m, serialLoad(arena, T))),
  isKept: answer((_arena, { m, kept }) => isSame(m, kept)),
  isOther: answer((arena, { n }) => isSame(n, serialGet(arena, U))),
  isOtherLeft: answer((arena, { n }) => isSame(n, serialGet(arena, V))),
  isOdd: answer((arena) => isOdd(serialLoad(arena, S))),
  isCopyOdd: answer((_arena, { m }) => isOdd(m)),
  put: (arena, { r }) => store(arena, FLAG, r),
  look(arena, own) {
    own.r = load(arena, FLAG);
  },
  stop: (arena) => store(arena, STOP, 1),
  isThird: answer((arena) => load(arena, S) % 3 === 0),
  isCopyThird: answer((_arena, { m }) => (m as unknown as number) % 3 === 0),
  isOtherOdd: answer((arena) => isOdd(serialGet(arena, U))),
  isMixed: answer((arena, { n }) => isSame(n, serialLoad(arena, S))),
  countCopy: (arena) => serialCount(arena, T),
  end: (arena) => store(arena, S, -1),
  beginAgain: (arena) => serialBegin(arena, S, 0, true),
  awaitBit() {},
  release: (arena) => store(arena, T, -1),
};

function operationOf({ body, isEarly, hides }: SerialActor) {
  return function* (task: Task): Steps<void> {
    const { arena } = task;
    // Nobody knows what is in it.
    const hidden = hides ? new Map() : null;
    const m = serialLoad(arena, T);
    yield* run(task, { m, kept: m, n: serialLoad(arena, V), r: 0, goesOn: isEarly }, body);
    hidden?.clear();
  };
}

/** `flags` is what the flag has been at the ends of executions that were checked. */
export function serialScenario({ actors, start, end }: SerialProgram): {
  readonly scenario: Scenario;
  readonly flags: Set<number>;
} {
  const flags = new Set<number>();
  const operations = actors.map(operationOf);
  const prepare: Scenario['prepare'] = () => {
    const arena = wordArena(actors.length + 1);
    serialBegin(arena, S, 0, true);
    serialBegin(arena, U, 0);
    serialStore(arena, T, serialLoad(arena, S));
    serialStore(arena, V, serialLoad(arena, U));
    arena.words[FLAG] = arena.words[S] === start ? 1 : 0;
    return {
      arena,
      actors: operations.map((operation, i) => ({ name: String.fromCharCode(65 + i), operations: [operation] })),
      check() {
        flags.add(get(arena, FLAG));
        if (end === null || get(arena, S) !== end) return [];
        return [{ rule: 'X-3', message: `the serial number is ${end}` }];
      },
    };
  };
  return { scenario: { name: 'program', title: '', windows: '', prepare }, flags };
}
