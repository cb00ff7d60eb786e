/** Makes a scenario for the real explorer out of a program: the model's own words, locks and waits, on an arena of a few words. */
import {
  add,
  and,
  cas,
  forgetRound,
  forgetSince,
  frameAdd,
  frameLoad,
  frameStore,
  get,
  increase,
  load,
  observed,
  or,
  set,
  store,
  xchg,
} from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Actor, Header } from '../../src/arena/structures.ts';
import { Violation } from '../../src/arena/violation.ts';
import type { Finding } from '../../src/oracles/finding.ts';
import type { PlaceCover } from '../../src/scenarios/kit/covers.ts';
import { AGAIN, type Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { downgradeWrite, downRead, downReadTrylock, downWrite, upRead, upWrite } from '../../src/sync/rwsem.ts';
import { mutexLock, mutexTryLock, mutexUnlock, spinLock, spinTryLock, spinUnlock } from '../../src/sync/spinlock.ts';
import { count, type Task, type Watch } from '../../src/sync/task.ts';
import { waitUntil, waitWhile, wake } from '../../src/sync/wait.ts';
import { pad } from './pad.ts';
import { actorsOf, FRAME_WORD, type Instruction, type Operation, type Program, WORDS } from './program.ts';

/** The word of the arena. The one in a frame is another kind of word. */
const wordAt = (word: number): number => Header.shared + word;
const FRAME_AT = 1;
const lockAt = (lock: number): number => Header.shared + WORDS + lock;
const RWSEM_AT = Header.shared + 10;
const RWSEM_CLASS = LockClass.mmapLock;
const OTHER_CLASS = LockClass.driverLock1;
const CLASSES = [LockClass.ptl, LockClass.umemRwsem, LockClass.umemRwsem, RWSEM_CLASS, OTHER_CLASS, OTHER_CLASS] as const;
const classOf = (lock: number): LockClass => CLASSES[lock] as LockClass;
/** Counters that the explorer's own statistics do not use. */
const COUNTERS = 8;

const read = (arena: Arena, word: number): number =>
  word === FRAME_WORD ? frameLoad(arena, FRAME_AT) : load(arena, wordAt(word));

function write(arena: Arena, word: number, value: number): void {
  if (word === FRAME_WORD) frameStore(arena, FRAME_AT, value);
  else store(arena, wordAt(word), value);
}

const granuleOf = (arena: Arena, actor: number): number => arena.actors + actor * Actor.shape.size + Actor.access;
const counterOf = (arena: Arena, actor: number, counter: number): number =>
  arena.actors + actor * Actor.shape.size + Actor.counters + COUNTERS + counter;

/** Rules by number: a check inside a step is known to the explorer by numbers. */
const ruleNames: string[] = [];

function ruleNumber(rule: string): number {
  const known = ruleNames.indexOf(rule);
  return known === -1 ? ruleNames.push(rule) - 1 : known;
}

/** The check behind `watch`, in the place of one that looks at what a driver has installed. */
export const watch: Watch = {
  installed({ arena }, word, value, rule) {
    const at = word === FRAME_WORD ? frameLoad(arena, FRAME_AT) : get(arena, wordAt(word));
    if (at === value) throw new Violation(ruleNames[rule] as string, `word ${word} is ${value}`);
  },
  faultStable: () => {},
};

/** As everybody does who waits: it may return early. */
function* waitForChange(task: Task, word: number, value: number): Steps<void> {
  const mark = observed();
  do {
    forgetSince(mark);
    yield* waitWhile(task, word, value);
  } while (load(task.arena, word) === value);
  forgetSince(mark);
}

/** The registers of an operation under way, and how many actors there are. */
interface Frame {
  readonly task: Task;
  readonly registers: number[];
  readonly actors: number;
}

const DONE = undefined;

/** Runs a body; AGAIN when the operation is to be done again. */
function* runBody(frame: Frame, body: Operation): Steps<typeof AGAIN | undefined> {
  const { task, registers } = frame;
  const { arena } = task;
  for (const one of body) {
    if (one.point) yield Point.setPte;
    switch (one.do) {
      case 'load':
        registers[one.to] = read(arena, one.word);
        break;
      case 'store':
        write(arena, one.word, one.value);
        break;
      case 'put':
        write(arena, one.word, registers[one.from] as number);
        break;
      case 'add':
        registers[one.to] =
          one.word === FRAME_WORD ? frameAdd(arena, FRAME_AT, one.value) : add(arena, wordAt(one.word), one.value);
        break;
      case 'increase':
        increase(arena, wordAt(one.word), one.value);
        break;
      case 'xchg':
        registers[one.to] = xchg(arena, wordAt(one.word), one.value);
        break;
      case 'or':
        registers[one.to] = or(arena, wordAt(one.word), one.value);
        break;
      case 'and':
        registers[one.to] = and(arena, wordAt(one.word), one.value);
        break;
      case 'cas':
        registers[one.to] = cas(arena, wordAt(one.word), one.expected, one.value);
        break;
      case 'lock':
        if (one.lock === 0) yield* spinLock(task, lockAt(0), classOf(0));
        else yield* mutexLock(task, lockAt(one.lock), classOf(one.lock));
        break;
      case 'unlock':
        if (one.lock === 0) yield* spinUnlock(task, lockAt(0), classOf(0));
        else yield* mutexUnlock(task, lockAt(one.lock), classOf(one.lock));
        break;
      case 'try': {
        const got =
          one.lock === 0
            ? yield* spinTryLock(task, lockAt(0), classOf(0))
            : yield* mutexTryLock(task, lockAt(one.lock), classOf(one.lock));
        registers[one.to] = got ? 1 : 0;
        break;
      }
      case 'downRead':
        yield* downRead(task, RWSEM_AT, RWSEM_CLASS);
        break;
      case 'upRead':
        yield* upRead(task, RWSEM_AT, RWSEM_CLASS);
        break;
      case 'downWrite':
        yield* downWrite(task, RWSEM_AT, RWSEM_CLASS);
        break;
      case 'upWrite':
        yield* upWrite(task, RWSEM_AT, RWSEM_CLASS);
        break;
      case 'downgrade':
        yield* downgradeWrite(task, RWSEM_AT);
        break;
      case 'tryRead':
        registers[one.to] = (yield* downReadTrylock(task, RWSEM_AT, RWSEM_CLASS)) ? 1 : 0;
        break;
      case 'waitWhile':
        yield* waitForChange(task, wordAt(one.word), one.value);
        break;
      case 'wake':
        wake(arena, wordAt(one.word));
        break;
      case 'waitUntil':
        yield* waitUntil(task, Point.sleep, wordAt(one.word), one.mask, one.value);
        break;
      case 'pad':
        yield* pad(one.steps);
        break;
      case 'keep':
        task.pfns[one.place] = registers[one.from] as number;
        break;
      case 'recall':
        registers[one.to] = task.pfns[one.place] as number;
        break;
      case 'count':
        count(task, COUNTERS + one.counter);
        break;
      case 'counted':
        registers[one.to] = get(
          arena,
          one.actor === null
            ? task.actor + Actor.counters + COUNTERS + one.counter
            : counterOf(arena, one.actor % frame.actors, one.counter),
        );
        break;
      case 'slot':
        store(arena, wordAt(task.id % FRAME_WORD), one.value);
        break;
      case 'window':
        set(arena, task.actor + Actor.access, one.value);
        break;
      case 'peek':
        registers[one.to] = get(
          arena,
          one.actor === null ? task.actor + Actor.access : granuleOf(arena, one.actor % frame.actors),
        );
        break;
      case 'check':
        if (registers[one.from] === one.value) throw new Violation(one.rule, `register ${one.from} is ${one.value}`);
        break;
      case 'watch':
        task.watch?.installed(task, one.word, one.value, ruleNumber(one.rule));
        break;
      case 'again':
        if (registers[one.from] === one.value) return AGAIN;
        break;
      case 'if':
        if (registers[one.from] === one.value && (yield* runBody(frame, one.body)) === AGAIN) return AGAIN;
        break;
      default:
        if ((yield* runLoop(frame, one)) === AGAIN) return AGAIN;
    }
  }
  return DONE;
}

type Loop = Extract<Instruction, { readonly do: 'loop' }>;

function runLoop(frame: Frame, loop: Loop): Steps<typeof AGAIN | undefined> {
  return loop.forget ? runForgetfulLoop(frame, loop) : runCountedLoop(frame, loop);
}

function* runCountedLoop(frame: Frame, { body, from, value, most }: Loop): Steps<typeof AGAIN | undefined> {
  for (let round = 1; ; round++) {
    if ((yield* runBody(frame, body)) === AGAIN) return AGAIN;
    if (frame.registers[from] !== value || round === most) return DONE;
  }
}

function* runForgetfulLoop(frame: Frame, { body, from, value }: Loop): Steps<typeof AGAIN | undefined> {
  const { registers } = frame;
  const saved = [...registers];
  const mark = observed();
  for (;;) {
    if ((yield* runBody(frame, body)) === AGAIN) return AGAIN;
    if (registers[from] !== value) return DONE;
    for (const [i, register] of saved.entries()) registers[i] = register;
    forgetRound(mark);
  }
}

export interface Run {
  readonly scenario: Scenario;
  /** Shared words at the ends of executions, as the explorer's check has met them. */
  readonly finals: Set<string>;
}

/** `stepLimit` and `covers` as in Scenario. */
export function asScenario(
  program: Program,
  { stepLimit, covers = [] }: { readonly stepLimit?: number; readonly covers?: readonly PlaceCover[] } = {},
): Run {
  const finals = new Set<string>();
  const actors = actorsOf(program);
  const operations = new Map(
    program.actors.map((script) => [
      script,
      script.operations.map(
        (operation) => (task: Task) => runBody({ task, registers: [0, 0], actors: actors.length }, operation),
      ),
    ]),
  );
  const prepare: Scenario['prepare'] = () => {
    const arena = wordArena(actors.length + 1);
    for (const [word, value] of program.words.entries()) write(arena, word, value);
    return {
      arena,
      covers,
      actors: actors.map(({ script, name }) => ({
        name,
        operations: operations.get(script) ?? [],
        background: script.background,
      })),
      check() {
        const memory = Array.from({ length: WORDS }, (_, word) => read(arena, word));
        finals.add(memory.join(' '));
        const findings: Finding[] = [];
        for (const { of, actor, place, value, rule } of program.checks) {
          const who = actor % actors.length;
          const found =
            of === 'word'
              ? (memory[place] as number)
              : get(arena, of === 'window' ? granuleOf(arena, who) : counterOf(arena, who, place));
          if (found === value) findings.push({ rule, message: `${of} ${of === 'word' ? place : who} is ${value}` });
        }
        return findings;
      },
    };
  };
  const limit = stepLimit === undefined ? {} : { stepLimit };
  return { scenario: { name: 'program', title: '', windows: '', prepare, ...limit }, finals };
}
