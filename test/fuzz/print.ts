/** A program as text. */
import { actorsOf, type Instruction, LOCKS, type Operation, type Program } from './program.ts';

/** `|` stands for a point. */
function line(one: Instruction, indent: string): string {
  const inner = (body: Operation): string => bodyText(body, `${indent}  `);
  const text = (): string => {
    switch (one.do) {
      case 'load':
        return `r${one.to} = w${one.word}`;
      case 'store':
        return `w${one.word} = ${one.value}`;
      case 'put':
        return `w${one.word} = r${one.from}`;
      case 'add':
      case 'xchg':
      case 'or':
      case 'and':
        return `r${one.to} = ${one.do}(w${one.word}, ${one.value})`;
      case 'increase':
        return `w${one.word} += ${one.value}`;
      case 'cas':
        return `r${one.to} = cas(w${one.word}, ${one.expected}, ${one.value})`;
      case 'lock':
      case 'unlock':
        return `${one.do} ${LOCKS[one.lock]}`;
      case 'try':
        return `r${one.to} = try ${LOCKS[one.lock]}`;
      case 'tryRead':
        return `r${one.to} = tryRead`;
      case 'waitWhile':
        return `wait while w${one.word} == ${one.value}`;
      case 'wake':
        return `wake w${one.word}`;
      case 'waitUntil':
        return `wait until (w${one.word} & ${one.mask}) == ${one.value}`;
      case 'pad':
        return `${one.steps} steps`;
      case 'keep':
        return `kept${one.place} = r${one.from}`;
      case 'recall':
        return `r${one.to} = kept${one.place}`;
      case 'count':
        return `count ${one.counter}`;
      case 'counted':
        return `r${one.to} = counter ${one.counter}${one.actor === null ? '' : ` of actor ${one.actor}`}`;
      case 'slot':
        return `w[own number] = ${one.value}`;
      case 'window':
        return `window = ${one.value}`;
      case 'peek':
        return `r${one.to} = window${one.actor === null ? '' : ` of actor ${one.actor}`}`;
      case 'check':
        return `break ${one.rule} if r${one.from} == ${one.value}`;
      case 'watch':
        return `break ${one.rule} if w${one.word} == ${one.value} after this step`;
      case 'if':
        return `if r${one.from} == ${one.value}:\n${inner(one.body)}`;
      case 'again':
        return `again if r${one.from} == ${one.value}`;
      case 'loop': {
        const rounds = one.most === 0 ? 'loop' : `loop at most ${one.most} times`;
        return `${rounds}${one.forget ? ', forgetting each round' : ''}, while r${one.from} == ${one.value}:\n${inner(one.body)}`;
      }
      default:
        return one.do;
    }
  };
  return `${indent}${one.point ? '| ' : '  '}${text()}`;
}

const bodyText = (body: Operation, indent: string): string => body.map((one) => line(one, indent)).join('\n');

/** The program in the little language: a line for each instruction, `|` where another actor may run before it. */
export function programText(program: Program): string {
  const names = program.actors.map((script) =>
    actorsOf(program)
      .filter((actor) => actor.script === script)
      .map(({ name }) => name)
      .join(' and '),
  );
  const actors = program.actors.map(({ operations, background }, i) => {
    const bodies = operations.map((operation, n) => `  operation ${n + 1}\n${bodyText(operation, '    ')}`);
    return [`${names[i]}${background ? ', in the background' : ''}:`, ...bodies].join('\n');
  });
  const checks = program.checks.map(
    ({ of, actor, place, value, rule }) =>
      `at the end: break ${rule} if ${of === 'word' ? `w${place}` : `${of}${of === 'counter' ? ` ${place}` : ''} of actor ${actor}`} == ${value}`,
  );
  return [`words ${program.words.join(' ')}`, ...actors, ...checks].join('\n');
}
