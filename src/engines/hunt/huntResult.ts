/** What a hunt has come to. */
import type { Bug, Mutation } from '../../bugs/bug.ts';
import { type Part, placesOf, type Shard, tasksOf } from '../../input/shard.ts';
import type { Attempt } from './attempt.ts';

/** What was hunted, and what came of it. */
export interface HuntRow extends Attempt {
  readonly id: string;
  readonly title: string;
  readonly scenario: string;
  /** Found, by a rule that the bug should break: another one, such as a crash of the edited code, shows nothing. `oracle` is the rule. */
  readonly found: boolean;
  /** The rule that broke is one of those that the bug should break. */
  readonly expected: boolean;
  /** Preemptions by the catalogue. */
  readonly catalogue: number;
  /** The bug strikes with as many preemptions as the catalogue says. */
  readonly agrees: boolean;
}

export interface FalseAlarm {
  /** Control, or scenario of the model as it is. */
  readonly of: string;
  readonly message: string;
}

/** What is found out, in any order. */
export interface Findings {
  readonly rows: readonly HuntRow[];
  /** Controls tried, and schedules of the model as it is. */
  readonly controls: number;
  readonly cleanSchedules: number;
  readonly falseAlarms: readonly FalseAlarm[];
  /** Scenarios of the model as it is that do not reach what they are there for, with what they miss. */
  readonly vacuous: readonly { readonly scenario: string; readonly missed: readonly string[] }[];
  /** Until all bugs had been looked for once; and in all, with samples, controls and the clean model. */
  readonly searchSeconds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
}

export interface HuntResult extends Findings {
  readonly found: number;
  /** Found, and in agreement with the catalogue on the preemptions. */
  readonly agreeing: number;
  /** Which part it is, with the names of its bugs, controls and scenarios; null for all of them. */
  readonly part: Part | null;
}

export interface HuntSubjects {
  readonly bugs: readonly Bug[];
  readonly controls: readonly Mutation[];
  readonly scenarios: readonly string[];
}

const namesOf = ({ bugs, controls, scenarios }: HuntSubjects): string[] => [
  ...[...bugs, ...controls].map(({ id }) => id),
  ...scenarios,
];

/** A part of the subjects, and what they are called. */
export function partOf(subjects: HuntSubjects, shard: Shard): HuntSubjects & { readonly part: Part } {
  const { bugs, controls, scenarios } = subjects;
  return {
    bugs: tasksOf(bugs, shard),
    controls: tasksOf(controls, shard, bugs.length),
    scenarios: tasksOf(scenarios, shard, bugs.length + controls.length),
    part: { shard, tasks: tasksOf(namesOf(subjects), shard) },
  };
}

/** The same in the order of the subjects, which `parts` say, with what it comes to. */
export function huntResult(findings: Findings, parts: readonly Part[], part: Part | null): HuntResult {
  const places = placesOf(parts);
  const byPlace =
    <T>(name: (one: T) => string) =>
    (a: T, b: T): number =>
      (places.get(name(a)) ?? -1) - (places.get(name(b)) ?? -1);
  const { rows, falseAlarms, vacuous } = findings;
  return {
    ...findings,
    rows: [...rows].sort(byPlace(({ id }) => id)),
    falseAlarms: [...falseAlarms].sort(byPlace(({ of }) => of)),
    vacuous: [...vacuous].sort(byPlace(({ scenario }) => scenario)),
    found: rows.filter(({ found }) => found).length,
    agreeing: rows.filter(({ found, agrees }) => found && agrees).length,
    part,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** What the parts have come to together: what it would have been in one piece, but for the times. */
export function joinedHunts(results: readonly HuntResult[]): HuntResult {
  const findings: Findings = {
    rows: results.flatMap(({ rows }) => rows),
    controls: sum(results.map(({ controls }) => controls)),
    cleanSchedules: sum(results.map(({ cleanSchedules }) => cleanSchedules)),
    falseAlarms: results.flatMap(({ falseAlarms }) => falseAlarms),
    vacuous: results.flatMap(({ vacuous }) => vacuous),
    searchSeconds: sum(results.map(({ searchSeconds }) => searchSeconds)),
    seconds: sum(results.map(({ seconds }) => seconds)),
    workers: Math.max(...results.map(({ workers }) => workers)),
    interrupted: results.some(({ interrupted }) => interrupted),
  };
  return huntResult(
    findings,
    results.flatMap(({ part }) => part ?? []),
    null,
  );
}
