/** An operation as a list: loops and points are instructions of their own, and locks come in the parts between their points. */
import type { Instruction, Operation } from './program.ts';

export type Loop = Extract<Instruction, { readonly do: 'loop' }>;

export type Code =
  | Exclude<Instruction, { readonly body: Operation }>
  | { readonly do: 'point' }
  | { readonly do: 'begin' }
  | { readonly do: 'checkLock' | 'checkUnlock' | 'take' | 'release'; readonly lock: number }
  | { readonly do: 'checkDown' | 'enter'; readonly write: boolean }
  | { readonly do: 'checkUp' | 'leave'; readonly write: boolean; readonly keeps: boolean }
  | { readonly do: 'unless'; readonly from: number; readonly value: number; readonly to: number }
  | { readonly do: 'back'; readonly to: number; readonly loop: Loop };

const point = { do: 'point' } as const;

/** Another actor may run after a release, too. */
const released: readonly Code[] = [point];

/** `at` is the place of the body in the whole. */
export function compiled(body: Operation, at = 0): Code[] {
  const code: Code[] = [];
  for (const one of body) {
    if (one.point) code.push(point);
    code.push(...partsOf(one, at + code.length));
  }
  return code;
}

function partsOf(one: Instruction, at: number): readonly Code[] {
  switch (one.do) {
    case 'lock':
      return [{ do: 'checkLock', lock: one.lock }, point, { do: 'take', lock: one.lock }];
    case 'unlock':
      return [{ do: 'checkUnlock', lock: one.lock }, point, { do: 'release', lock: one.lock }, ...released];
    case 'try':
    case 'tryRead':
      return [point, one];
    case 'downRead':
    case 'downWrite': {
      const write = one.do === 'downWrite';
      return [{ do: 'checkDown', write }, point, { do: 'enter', write }];
    }
    case 'upRead':
    case 'upWrite':
    case 'downgrade': {
      const way = { write: one.do !== 'upRead', keeps: one.do === 'downgrade' };
      return [{ do: 'checkUp', ...way }, point, { do: 'leave', ...way }, ...released];
    }
    case 'loop':
      return [{ do: 'begin' }, ...compiled(one.body, at + 1), { do: 'back', to: at + 1, loop: one }];
    case 'if': {
      const inner = compiled(one.body, at + 1);
      return [{ do: 'unless', from: one.from, value: one.value, to: at + 1 + inner.length }, ...inner];
    }
    default:
      return [one];
  }
}
