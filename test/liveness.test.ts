import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopsOf } from '../src/build/liveness.ts';
import { parseModule } from '../src/build/module.ts';
import { Scopes } from '../src/build/scopes.ts';

/** What is live at the yields of a generator, by their order in the text: names, or `?` where that is not all. */
function live(body: string, parameters = 'a, b, c'): string[] {
  const module = parseModule(
    `import { pure } from './pure.js';\nfunction outer(far) { return function* (${parameters}) { ${body} } }`,
    'm.js',
  );
  const scopes = new Scopes(module.nodes.at(-1) as never);
  const generator = module.nodes.find((node) => node.type === 'FunctionExpression' && node.generator);
  assert.ok(generator?.type === 'FunctionExpression');
  const stops = stopsOf(generator, scopes);
  return [...stops]
    .sort(([one], [other]) => one.start - other.start)
    .map(([, { names, usesThis, loops, exact }]) =>
      exact ? [...[...names].sort(), ...(usesThis ? ['this'] : []), ...loops.map(() => 'loop')].join(' ') : '?',
    );
}

/** Body of a generator of `a, b, c`, and what is live at each of its yields. */
const cases: readonly (readonly [what: string, body: string, expected: readonly string[]])[] = [
  ['what is used afterwards', 'yield 1; pure(a); yield 2; return b;', ['a b', 'b']],
  ['not what gets another value first', 'yield 1; a = 2; yield 3; return a;', ['', 'a']],
  ['a value that is given in one branch only', 'yield 1; if (b) a = 2; return a;', ['a b']],
  ['what a condition looks at is used', 'yield 1; if (a) { yield 2; return b; } return c;', ['a b c', 'b']],
  ['a loop uses it in the next round', 'for (;;) { yield a; yield b; }', ['a b', 'a b']],
  ['a counter', 'for (let i = 0; i < a; i++) yield i;', ['a i']],
  ['a variable of a round', 'while (a) { const x = pure(); yield 1; pure(x); yield 2; }', ['a x', 'a']],
  ['do-while', 'do { yield 1; } while (pure(a)); yield 2; return b;', ['a b', 'b']],
  ['break leaves the loop', 'for (;;) { yield 1; if (a) break; } return b;', ['a b']],
  ['continue goes on with the test', 'while (pure(a)) { yield 1; continue; pure(b); }', ['a']],
  ['a label', 'out: for (;;) { for (;;) { yield 1; if (a) break out; if (b) continue out; } } return c;', ['a b c']],
  ['return leaves', 'yield 1; return; pure(a);', ['']],
  ['switch falls through', 'switch (a) { case 1: yield 1; case 2: return b; default: return c; }', ['b']],
  ['break of a switch', 'switch (a) { case 1: yield 1; break; case 2: return b; } return c;', ['c']],
  ['the second operand may be left out', 'yield 1; return a && (yield b) && c;', ['a b c', 'c']],
  ['so may an assignment', 'yield 1; a ??= b; return a;', ['a b']],
  ['one of two values', 'yield 1; return a ? b : c;', ['a b c']],
  ['taken apart', 'yield 1; const { x, y: [z = b] } = a; yield 2; return x + z;', ['a b', 'x z']],
  ['a default that is given first', 'yield 1; ({ x: a } = b); return a;', ['b']],
  ['a sum that waits', 'a += yield 1; return a;', ['a']],
  ['operands that wait', 'return pure(a, yield 1, b);', ['a b']],
  ['a call that waits is that of a variable', 'return a(yield 1);', ['a']],
  ['an object that a member is given to', 'a.x = yield 1;', ['a']],
  ['an index that waits', 'a[b] = yield 1;', ['a b']],
  ['a value that waits and is none of a variable', 'return a.x + (yield 1);', ['?']],
  ['a variable that changes while its value waits', 'return a + (a = yield 1);', ['?']],
  ['a member that is read and waits', 'a.x += yield 1;', ['?']],
  ['a list under way', 'for (const x of a) { yield 1; pure(x); yield 2; }', ['x loop', 'loop']],
  ['two lists under way', 'for (const x of a) for (const y of b) yield x;', ['b x loop loop']],
  ['the keys of an object under way', 'for (const x in a) yield x;', ['?']],
  ['whatever throws leads to the handler', 'try { yield 1; a = 1; yield 2; } catch { return a; }', ['a', 'a']],
  ['what is given before it throws', 'try { yield 1; } catch (e) { pure(e); yield 2; } return b;', ['b', 'b']],
  ['behind whatever ends the block', 'try { yield 1; return a; } finally { pure(b); }', ['a b']],
  ['how a block has ended waits', 'try { pure(); } finally { yield 1; }', ['?']],
  ['a function uses what it names', 'const f = () => a; yield 1; return f();', ['f']],
  ['a function that is made later', 'yield 1; return () => a + far;', ['a far']],
  ['a function may change it meanwhile', 'const f = () => { a++; }; yield f; return a;', ['?']],
  ['only a function changed it, and it is not used', 'const f = () => { a++; }; yield f; return b;', ['b']],
  ['declared functions are there from the beginning', 'yield 1; return f(); function f() { return b; }', ['f']],
  ['what is of the module is not of the call', 'yield 1; return pure(far);', ['far']],
  ['a variable of the same name inside', '{ const a = 1; yield a; } return b;', ['b']],
  ['and the outer one is needed, too', '{ const a = 1; yield a; } return a;', ['?']],
  ['this', 'yield 1; return this.x;', ['this']],
  ['arguments are anything', 'yield 1; return arguments[0];', []],
  ['a round that is forgotten begins as before', 'for (;;) { yield 1; forgetRound(c); pure(a); }', ['a c']],
  ['but for one that counts', 'for (let i = 0; i < a; i++) { yield 1; forgetRound(c); }', ['?']],
  ['what is not to be counted', 'for (let i = 0; i < a; i++) { yield 1; lab.forgetRound(c, i); }', ['a c']],
  [
    'a mark of the same round',
    'for (let i = 0; i < a; i++) { const m = 1; while (pure()) { yield 1; forgetRound(m); } }',
    ['a i m'],
  ],
];

for (const [what, body, expected] of cases) {
  test(`live at a yield: ${what}`, () => {
    assert.deepEqual(live(body), expected);
  });
}

test('parameters that are taken apart are variables like others', () => {
  assert.deepEqual(live('yield 1; return x + z;', '{ x, y }, [z = 1]'), ['x z']);
});
