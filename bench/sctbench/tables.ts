/** The tables of docs/sctbench.md. */
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { cell, line, neededBy } from '../needed.ts';
import { proved, sampled, searched } from './measure.ts';
import { type Program, scenarioOf } from './program.ts';
import { published } from './published.ts';

/** Ways of sampling that are compared. */
const STRATEGIES = ['random', 'pct3', 'pos', 'urw', 'bounded2', 'delay2', 'feedback', 'portfolio'];
const SEEDS = 50;
/** Most schedules of a seed. */
const MOST = 2000;

const numbered = (n: number): string => n.toLocaleString('en');

/** A table, row by row; what a row says goes to stderr as it is made. */
function table(head: readonly string[], programs: readonly Program[], row: (program: Program) => string[]): string {
  let text = line(head) + line(head.map(() => '---'));
  for (const program of programs) {
    const cells = line([program.name, ...row(program)]);
    process.stderr.write(cells);
    text += cells;
  }
  return text;
}

/** What the programs are. */
export const about = (programs: readonly Program[]): string =>
  table(['program', 'threads', 'actors', 'what they do', 'mistake', 'repaired', 'rule'], programs, (program) => {
    const actors = program.prepare(false).actors.length;
    return [
      `${published[program.name]?.threads ?? ''}`,
      `${actors}`,
      program.what,
      program.mistake,
      program.repair,
      program.rule,
    ];
  });

/** Schedules of each strategy. */
const samples = (program: Program): string[] =>
  STRATEGIES.map((strategy) => {
    // Each seed begins with a machine that knows nothing.
    const schedules = (seed: number): number =>
      sampled(executorOf(scenarioOf(program, false)), strategy, seed, MOST)?.schedules ?? Number.POSITIVE_INFINITY;
    return cell(neededBy(SEEDS, schedules), MOST);
  });

function fromOutside({ name }: Program): string[] {
  const { maple, period } = published[name] ?? {};
  const [run, found] = maple ?? [];
  return [
    period === undefined ? '' : numbered(period),
    run === undefined ? '' : found ? numbered(run) : `not in ${numbered(run)}`,
  ];
}

/** Schedules to the bug, ours and those that are published. */
export const schedules = (programs: readonly Program[]): string =>
  table(['program', ...STRATEGIES, 'search', 'PERIOD', 'Maple'], programs, (program) => {
    const { schedules: executions, preemptions } = searched(program);
    return [...samples(program), `${numbered(executions)} (${preemptions})`, ...fromOutside(program)];
  });

/** The repaired versions. */
export const proofs = (programs: readonly Program[]): string =>
  table(['program', 'verdict', 'states', 'time', 'reduction', 'covers'], programs, (program) => {
    const { why, states, seconds, interchangeable, allOrders, covers, reached } = proved(program);
    const reduction = [allOrders ? '' : 'orders', interchangeable > 0 ? `${interchangeable} alike` : ''].filter(
      (part) => part !== '',
    );
    return [why ?? 'proved', numbered(states), `${seconds.toFixed(1)} s`, reduction.join(', '), `${reached}/${covers}`];
  });
