/** Tables that fit: entries in a row are folded, long cells are cut, many rows are left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { WIDTH } from '../../src/engines/explore/failure/columns.ts';
import { folded, table } from '../../src/engines/explore/failure/table.ts';
import type { Stretch } from '../../src/engines/explore/failure/trace.ts';
import { wordScenario } from './words.ts';

test('consecutive entries of the same kind are one', () => {
  const entries = Array.from({ length: 512 }, (_, i) => `cpu[${512 + i}]=PRES(${2 + i}; W)`);
  assert.equal(folded([...entries, 'seq=2 open=0'].join('  ')), 'cpu[512..1023]=PRES(2..513; W)  seq=2 open=0');
  const device = Array.from({ length: 3 }, (_, i) => `dev1[${512 + i}]=${7 + i} W`);
  assert.equal(folded(device.join('  ')), 'dev1[512..514]=7..9 W');
  // The same page again and again, such as the zero page.
  assert.equal(folded('cpu[1]=PRES(1; zero)  cpu[2]=PRES(1; zero)  cpu[3]=PRES(1; zero)'), 'cpu[1..3]=PRES(1; zero)');
});

test('what differs in kind, place or page is not folded', () => {
  for (const state of [
    'cpu[1]=PRES(2; W)  cpu[2]=PRES(3)',
    'cpu[1]=PRES(2)  cpu[2]=MIG_W(3)',
    'cpu[1]=PRES(2)  cpu[3]=PRES(3)',
    'cpu[1]=PRES(2)  dev1[2]=3',
    'cpu[1]=PRES(2)  cpu[2]=PRES(4)',
    'seq=3 open=1',
    '',
  ])
    assert.equal(folded(state), state);
  assert.equal(folded('cpu[1]=P(1)  cpu[2]=P(1)  cpu[3]=P(2)'), 'cpu[1..2]=P(1)  cpu[3]=P(2)');
  assert.equal(folded('cpu[1]=P(1)  cpu[2]=P(2)  cpu[3]=P(2)'), 'cpu[1..2]=P(1..2)  cpu[3]=P(2)');
});

const executor = executorOf(wordScenario({ *A() {}, *B() {} }));
const stretch = (actor: string, from: number, state: string, holds: string[] = []): Stretch => ({
  actor,
  from,
  steps: 1,
  at: 'lock',
  visit: 1,
  holds,
  state,
});

test('no line is too long, and what is cut says so; short cells stay as they are', () => {
  const long = Array.from({ length: 100 }, (_, i) => `cpu[${2 * i}]=PRES(${i})`).join('  ');
  const lines = table(executor, [stretch('A', 0, long, ['pageLock']), stretch('B', 1, 'seq=2 open=0')]);
  assert.equal(Math.max(...lines.map((line) => line.length)), WIDTH);
  assert.match(lines[1] ?? '', /^ +1 {2}1 to lock +pageLock {2}cpu\[0\]=PRES\(0\).*…$/);
  assert.match(lines[2] ?? '', /1 to lock {2}.*seq=2 open=0$/);
  const [, both] = table(executor, [stretch('A', 0, long, ['x'.repeat(200)])], { chances: new Map([[1, 0.5]]) });
  assert.ok((both?.length ?? 0) <= WIDTH);
  assert.match(both ?? '', /x… {2}50 % +cpu\[0\]/);
  const short = table(executor, [stretch('A', 0, 'seq=2 open=0')]);
  assert.deepEqual(short, ['step  A          holds  afterwards', '   1  1 to lock         seq=2 open=0']);
});

test('of many rows the first and the last are shown', () => {
  const many = Array.from({ length: 1000 }, (_, i) => stretch('AB'[i % 2] as string, i, ''));
  const lines = table(executor, many);
  assert.equal(lines.length, 1 + 100 + 1 + 100);
  assert.equal(lines[101], '… 800 rows …');
});
