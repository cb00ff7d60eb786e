/** What holds for each program of bench/sctbench. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proved, sampled, searched } from '../../bench/sctbench/measure.ts';
import { type Program, scenarioOf } from '../../bench/sctbench/program.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';

/** Programs that take seconds. */
const LONG = /^(chess\..*|CS\.(reorder_20|twostage_20|din_phil7|stack))$/;

export const isLong = ({ name }: Program): boolean => LONG.test(name);

const SEEDS = 20;
const SCHEDULES = 50;

/** Rules that schedules of a strategy have broken. */
function rulesBroken(program: Program, strategy: string): Set<string> {
  const executor = executorOf(scenarioOf(program, false));
  const rules = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const found = sampled(executor, strategy, seed, SCHEDULES);
    if (found !== null) rules.add(found.failure.rule);
  }
  return rules;
}

/** The mistake breaks the rule that the program names, and no other one; without it there is a proof, of what the program is there for. */
export function holdsFor(program: Program): void {
  test(`${program.name}: fails by ${program.rule}, and only by it`, () => {
    assert.equal(searched(program).failure.rule, program.rule);
    const rules = ['random', 'pct3', 'pos', 'bounded2'].flatMap((strategy) => [...rulesBroken(program, strategy)]);
    assert.deepEqual([...new Set([program.rule, ...rules])], [program.rule]);
  });
  test(`${program.name}: repaired, it is proved`, () => {
    const { why, covers, reached, states } = proved(program);
    assert.equal(why, null);
    assert.ok(covers > 0 && reached === covers && states > 1);
  });
}
