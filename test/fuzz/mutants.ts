/** Changes of the explorer that make its word false: each leaves out, or weakens, one thing that it rests on. */
import type { Edit } from '../../src/bugs/bug.ts';

export interface Mutant {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** One of the kinds in kinds.ts that shows it, where random programs do only once in some hundred thousand. */
  readonly kind?: string;
  /** Random programs take half a minute and more to show it: it is tried when HMM_LAB_MUTANTS is `all`. */
  readonly late?: boolean;
}

/** A module of the explorer, code of it and what takes its place; and the function it is in, where the module has the code elsewhere, too. */
type Change = readonly [module: string, find: string, replace: string, within?: string];

export const mutant = (title: string, ...edits: readonly Change[]): Mutant => ({
  title,
  edits: edits.map(([module, find, replace, within]) => ({
    module: module.startsWith('steps/') ? module : `engines/explore/${module}`,
    find,
    replace,
    ...(within === undefined ? {} : { in: within }),
  })),
});

const late = (one: Mutant): Mutant => ({ ...one, late: true });
const seldom = (kind: string, one: Mutant): Mutant => ({ ...one, kind });

export const mutants: readonly Mutant[] = [
  // What a state is.
  mutant(
    'who was woken is not part of the state',
    ['machine/execution', 'this.#undoLog.low ^ this.#localLow ^ mixLow(this.#woken, 0)', 'this.#undoLog.low ^ this.#localLow'],
    [
      'machine/execution',
      'this.#undoLog.high ^ this.#localHigh ^ mixHigh(this.#woken, 0)',
      'this.#undoLog.high ^ this.#localHigh',
    ],
  ),
  mutant(
    'the values of live variables are not part of a local state',
    ['machine/liveValues', 'this.low ^ mixLow(tag, value)', 'this.low ^ mixLow(tag, 0)'],
    ['machine/liveValues', 'this.high + mixHigh(tag, value)', 'this.high + mixHigh(tag, 0)'],
  ),
  mutant('numbers of an array are not part of a local state', [
    'machine/liveValues',
    'for (let i = 0; i < list.length; i++) if (!this.#value(list[i])) return false;',
    '',
  ]),
  late(
    mutant('a call that says nothing of itself is left out', [
      'steps/frames',
      'this.live[this.depth++] = [UNKNOWN];',
      'this.live[this.depth++] = [];',
    ]),
  ),
  mutant(
    'the values that an actor has read are not part of a local state whose variables are not known',
    ['machine/observed', 'this.low ^ mixLow(word, value)', 'this.low ^ mixLow(word, 0)'],
    ['machine/observed', 'this.high + mixHigh(word, value)', 'this.high + mixHigh(word, 0)'],
  ),
  mutant('where an operation begins is a local state like others', [
    'machine/generators',
    'isFirst: parent === null',
    'isFirst: true',
  ]),
  mutant('what a task carries from one operation to the next is not part of its local state', [
    'machine/generators',
    'const scratch = scratchOf(task.pfns, parent?.scratch ?? before);',
    'const scratch = EMPTY;',
  ]),
  late(
    mutant('a counter that a check at the end reads is not part of the state', [
      'machine/lookingOn',
      'if (!this.#undoLog.isHeldMask(word)) this.#undoLog.seen(word);',
      '',
    ]),
  ),
  mutant('a counter that an actor reads is not part of the state', [
    'machine/recorder',
    'if (!isOwnNote) this.#undoLog.seen(word);',
    '',
  ]),
  mutant(
    'a word counts by its value alone',
    [
      'machine/hash',
      'Math.imul(word ^ 0x1b873593, 0x85ebca6b) ^ Math.imul(value + 0x7ed55d16, 0xc2b2ae35)',
      'Math.imul(value + 0x7ed55d16, 0xc2b2ae35)',
    ],
    [
      'machine/hash',
      'Math.imul(word ^ 0x68e31da4, 0x9e3779b1) ^ Math.imul(value + 0x3c6ef372, 0x27d4eb2f)',
      'Math.imul(value + 0x3c6ef372, 0x27d4eb2f)',
    ],
  ),
  mutant('of the hash of a state eight bits are kept', [
    'search/visited',
    'const table = this.#table;',
    'low &= 255; high = 1; const table = this.#table;',
    'add',
  ]),
  // Steps, and taking them back.
  mutant('a write to a page frame is not taken back', [
    'machine/undoLog',
    'this.#entries[this.top] = word; this.#entries[this.top + 1] = old; this.top += 2;',
    'if (word >= 0) { this.#entries[this.top] = word; this.#entries[this.top + 1] = old; this.top += 2; }',
  ]),
  mutant('a wake-up is not taken back', ['machine/execution', 'this.#woken = kept[place + 4];', '']),
  mutant('a recorded step is followed whatever its last read has seen', [
    'machine/recordedSteps',
    'pc = code[pc + 3]; if (pc === 0) return UNKNOWN;',
    'if (code[pc + 3] === 0) pc += 4; else pc = code[pc + 3];',
  ]),
  mutant('a recorded step does not check', [
    'machine/recorder',
    'for (const check of this.#checks) effects.push(Op.check, check);',
    '',
  ]),
  mutant('who is in the background stops where it stands when the others are done', [
    'machine/execution',
    'this.left === 0 && state.operation === 0 && state.isFirst && this.isBackground(actor)',
    'this.left === 0 && this.isBackground(actor)',
  ]),
  seldom(
    'a counter that turns out to be part of the state in the middle of an execution, which comes to its end',
    mutant('hashes from before it turned out that there is more to the state are believed', [
      'search/conclude',
      'executor.refresh();',
      '',
    ]),
  ),
  // Like actors.
  seldom(
    'one of like actors that looks at its own record by its number',
    mutant('what a like actor does is not tried for its twins', [
      'machine/generators',
      "this.#symmetry.tellsApart('an actor knows one of them by its number');",
      ';',
    ]),
  ),
  mutant('like actors are exchanged although something tells them apart', ['machine/symmetry', 'this.broken ??= why;', '']),
  mutant('which of like actors goes on for free is not marked', [
    'machine/symmetry',
    'const mark = i === current ? 1 : 0;',
    'const mark = 0;',
  ]),
  late(
    mutant('whether a like actor was woken is not marked', [
      'machine/symmetry',
      'const marks = mark | (((woken >> i) & 1) << 1) | (self << 2);',
      'const marks = mark | (self << 2);',
    ]),
  ),
  // Orders that are left out.
  mutant('two steps that write the same word commute', [
    'machine/stepShape',
    'touches[i] !== other.touches[j] || touches[i] === Touch.writes',
    'touches[i] !== other.touches[j]',
  ]),
  mutant('what a step reads is not touched by it', [
    'machine/stepShape',
    'for (const word of reads) if (counts(word)) note(wordKey(word), Touch.reads);',
    '',
  ]),
  mutant('what the check of a step looks at may change before it', [
    'search/aloneRuns',
    'if (other.checks && this.#wordsOf(at).some((word) => changesWord(shape, word))) return true; return lookedAt.some((word) => changesWord(other, word));',
    'return false;',
  ]),
  mutant('of what the others do only the next step is looked at', [
    'search/aloneRuns',
    'if (this.#ends[at] === End.open) return this.#extend(actor, shape, lookedAt);',
    'if (this.#ends[at] === End.open) return length === 0 && this.#extend(actor, shape, lookedAt, 1) && this.#firstConflict(shape, lookedAt, this.#starts[at], 1) === 0;',
  ]),
  late(
    mutant('what an actor does alone stays as it was when a step has come in between', [
      'search/aloneRuns',
      'this.#lengths[at] = holds;',
      'continue;',
    ]),
  ),
  seldom(
    'one that fails when it is alone, unless another one comes first',
    mutant(
      'who fails when it is alone has nothing left to do',
      ['search/aloneRuns', 'return end === End.unknown || stops;', 'return stops;'],
      ['search/aloneRuns', 'return this.#ends[at] === End.unknown;', 'return false;'],
    ),
  ),
  late(
    mutant('several others do together what each of them does alone', [
      'search/persistentSet',
      'this.#inTheWay(set, runnable) || this.#together(set, runnable)',
      'this.#inTheWay(set, runnable)',
    ]),
  ),
  seldom(
    'one of several others that ends what another one waits for',
    mutant('one of several others does not end what another one waits for', [
      'search/aloneRuns',
      'if (this.#wakes(a, b) || this.#wakes(b, a)) return false;',
      '',
    ]),
  ),
  mutant('who is in the background does not care whether the others are done', [
    'machine/stepShape',
    'this.#background.hasBackground',
    'false',
  ]),
  mutant('what is looked for at two places at the same time is nothing that orders decide', [
    'machine/coverage',
    'return ((besides(one.enters) & other.leaves) | (besides(other.enters) & one.leaves)) !== 0;',
    'return false;',
  ]),
  // The search, and what it says.
  late(
    mutant('a preemption costs nothing', [
      'search/depthFirst',
      'return !this.#unbounded && current >= 0 && next !== current ? 1 : 0;',
      'return 0;',
    ]),
  ),
  late(
    mutant('a state that was reached at a higher price counts as reached', [
      'search/visited',
      'if (this.before <= value) return false;',
      'return false;',
    ]),
  ),
  late(
    mutant(
      'who goes on for free is not part of the state',
      ['search/depthFirst', 'this.#low = executor.low ^ mixLow(free + 2, 2);', 'this.#low = executor.low;'],
      ['search/depthFirst', 'this.#high = executor.high ^ mixHigh(free + 2, 2);', 'this.#high = executor.high;'],
    ),
  ),
  mutant('a state that comes again on the path is not looked at', ['search/depthFirst', 'this.#cyclic = true;', 'return null;']),
  mutant('rounds are looked for on the path, and not in the graph', [
    'search/depthFirst',
    '!this.#cyclic',
    '!this.isOutdated',
    '#finish',
  ]),
  seldom(
    'one that takes locks in the wrong order, put off by another one that goes round',
    mutant('who is put off for ever on a round does not fail', [
      'search/stateGraph',
      'if (spent <= bound) this.#note(executor, outcome);',
      '',
    ]),
  ),
  mutant(
    'a round in which somebody could run and does not is taken for fair',
    ['search/rounds', '(able & ~makers) === 0 && (grantable & ~granted) === 0', '(grantable & ~granted) === 0'],
    [
      'search/rounds',
      'if (!isSame || (from !== undefined && executor.steps !== from) || (fairness.able & ~fairness.makers) !== 0) continue;',
      'if (!isSame || (from !== undefined && executor.steps !== from)) continue;',
    ],
  ),
  late(
    mutant('who is kept from a lock may be kept from it for ever', [
      'search/rounds',
      '(able & ~makers) === 0 && (grantable & ~granted) === 0',
      '(able & ~makers) === 0',
    ]),
  ),
  mutant('one end that is well is taken for all of them', [
    'search/conclude',
    'if (passedOf(executor).has(executor.low, executor.high)) return null;',
    'if (passedOf(executor).size > 0) return null;',
  ]),
];
