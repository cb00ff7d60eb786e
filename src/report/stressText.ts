/** The result of a race for people: the verdict first, then what it rests on. */
import type { RaceResult, RaceViolation } from '../engines/race/types.ts';
import { plainStyle, type Style } from './style.ts';
import { columns, count, duration, percent, plural, seconds, words } from './units.ts';

/** Violations shown in full; the JSON result has all. */
const SHOWN = 3;
/** Frames of a stack: enough to get from the model to the actor that called it. */
const FRAMES = 8;
/** Points named for being hit most often. */
const MOST_HIT = 4;

/** The summary of a race, ending with a line break. */
export function stressText(result: RaceResult, style: Style = plainStyle): string {
  const sections = [
    verdict(result, style),
    ...violations(result, style),
    counters(result, style),
    ...(isMeasured(result) ? [retry(result, style), latency(result, style)] : []),
    grounds(result, style),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/**
 * Whether rates and times mean anything. Actors that never run at the same time do not disturb each other: their retry
 * rates look excellent, and are worth nothing; and those of actors that were shaken are rates of the shaking.
 */
const isMeasured = ({ retry }: RaceResult): boolean => retry !== null;

/** That the interleavings were made, and what follows. */
function made({ shaken, windows }: RaceResult): string[] {
  if (shaken === null) return [];
  return [
    `The actors hardly ran at the same time (overlap gauge ${gauge(shaken.gauge)}, ${shaken.coresUsed.toFixed(1)} cores used), so random delays at points were turned on ` +
      `after ${seconds(shaken.sinceSeconds)}: the verdict stands on the ${windows.hit} windows that were hit. Retry rate and latency would be those of the delays, and are not shown.`,
  ];
}

function verdict(result: RaceResult, style: Style): string[] {
  const { config, counters, violations, evidence, seed } = result;
  const span =
    result.seconds < config.seconds ? `${seconds(result.seconds)} of ${seconds(config.seconds)}` : seconds(result.seconds);
  const scale = `${plural(counters.operations, 'operation')} in ${span} (driver ${config.driver}, seed ${seed})`;
  switch (result.verdict) {
    case 'pass':
      return [`${style.good('PASS')}: no rule was broken in ${scale}.`, ...made(result)];
    case 'violation': {
      const rules = [...new Set(violations.map(({ rule }) => rule))];
      return [`${style.bad('VIOLATION')}: ${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')} broken after ${scale}.`];
    }
    case 'interrupted':
      return [
        `${style.doubtful('INTERRUPTED')}: no rule was broken so far, in ${scale}.`,
        ...(evidence.sufficient ? made(result) : [`That says little: ${evidence.why}.`]),
      ];
    case 'invalid':
      return [
        `${style.doubtful('NOT VALID')}: no rule was broken in ${scale}, but that says little: ${evidence.why}.`,
        'Retry rate and latency are therefore not shown. Ask for a longer race, for more actors that change something, or free the machine.',
      ];
  }
}

const gauge = (value: number): string => value.toFixed(3);

function violations({ violations, command }: RaceResult, style: Style): string[][] {
  if (violations.length === 0) return [];
  const shown = violations.slice(0, SHOWN).map((violation) => describe(violation, style));
  const more = violations.length - shown.length;
  if (more > 0) shown.push([`and ${plural(more, 'more violation')} (--json has all)`]);
  return [...shown, [style.bold('To see it again:'), `  ${command}`]];
}

function describe({ rule, message, actor, operation, points, held, stack }: RaceViolation, style: Style): string[] {
  // The message of a thrown violation starts with its rule, as it has to make sense alone.
  const what = message.startsWith(`${rule}: `) ? message.slice(rule.length + 2) : message;
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [
    `${style.bold(`Rule ${rule} is broken:`)} ${what}`,
    `  seen by      ${actor}${operation === '' ? '' : `, in ${operation}`}`,
    ...(points.length === 0 ? [] : [`  last points  ${folded(points).join(' > ')}`]),
    `  locks held   ${held.length === 0 ? 'none' : held.join(', ')}`,
    ...frames.slice(0, FRAMES).map((line, i) => `  ${(i === 0 ? 'stack' : '').padEnd(13)}${style.dim(line.trim())}`),
  ];
}

/** `a b b b c` as `a`, `b x3`, `c`. */
function folded(points: readonly string[]): string[] {
  const runs: { readonly name: string; times: number }[] = [];
  for (const name of points) {
    const last = runs.at(-1);
    if (last?.name === name) last.times++;
    else runs.push({ name, times: 1 });
  }
  return runs.map(({ name, times }) => (times === 1 ? name : `${name} x${times}`));
}

/** What was counted, in three columns of pairs, so that it fits on a screen. What never happened is left out. */
function counters({ counters }: RaceResult, style: Style): string[] {
  const cells = Object.entries(counters)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => [words(name), count(value)]);
  const height = Math.ceil(cells.length / 3);
  const blocks = [0, 1, 2].map((i) => columns(cells.slice(i * height, (i + 1) * height)));
  const lines = Array.from({ length: height }, (_, row) =>
    blocks
      .map((block) => (block[row] ?? '').padEnd((block[0] ?? '').length))
      .join('    ')
      .trimEnd(),
  );
  return [style.bold('Counters'), ...(height === 0 ? ['  nothing happened'] : lines.map((line) => `  ${line}`))];
}

function retry({ retry, counters }: RaceResult, style: Style): string[] {
  if (retry === null || counters.rangeFaultPasses === 0) return [style.bold('Retry rate'), '  no range fault was made'];
  const { attemptsPerFault: attempts, rate, timeToStable } = retry;
  const lines = [`  ${percent(rate)} of all passes were thrown away`];
  if (timeToStable.count > 0) {
    lines.push(
      `  attempts per device fault: mean ${attempts.mean.toFixed(3)}, p50 ${attempts.p50}, p99 ${attempts.p99}, max ${attempts.max}`,
      `  time to a stable one: p50 ${duration(timeToStable.p50Ns)}, p99 ${duration(timeToStable.p99Ns)}, max ${duration(timeToStable.maxNs)}`,
    );
  }
  return [style.bold('Retry rate'), ...lines];
}

function latency({ latency }: RaceResult, style: Style): string[] {
  const rows = Object.entries(latency)
    .filter(([, row]) => row.count > 0)
    .map(([name, row]) => [words(name), count(row.count), ...[row.p50Ns, row.p99Ns, row.p999Ns, row.maxNs].map(duration)]);
  if (rows.length === 0) return [style.bold('Latency'), '  no operation was timed'];
  const [head = '', ...lines] = columns([
    ['Latency', 'count', 'p50', 'p99', 'p99.9', 'max'],
    ...rows.map(([name, ...rest]) => [`  ${name}`, ...rest]),
  ]);
  return [style.bold(head), ...lines];
}

/** How far the run can be trusted: the windows it went through, how much really overlapped, what follows from it. */
function grounds(result: RaceResult, style: Style): string[] {
  const { windows, overlap, shaken, command } = result;
  const most = Object.entries(windows.hits)
    .filter(([, hits]) => hits > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_HIT)
    .map(([name, hits]) => `${name} (${count(hits)})`);
  return [
    style.bold('Evidence'),
    `  windows hit  ${windows.hit} of ${windows.total}${most.length === 0 ? '' : `; most often ${most.join(', ')}`}`,
    `  overlap      gauge ${gauge(overlap.gauge)} (at least ${gauge(overlap.required)} needed): ${count(overlap.observed)} overlaps seen, ` +
      `${count(overlap.expected)} expected of independent actors; ${overlap.coresUsed.toFixed(1)} cores used`,
    ...(shaken === null ? [] : [`  shaken       random delays at points since ${seconds(shaken.sinceSeconds)}`]),
    `  confidence   ${confidence(result)}`,
    // After a violation the command stands with it.
    ...(result.violations.length > 0 ? [] : [`  again        ${command}`]),
  ];
}

function confidence(result: RaceResult): string {
  const { trials, boundPerOperation, text } = result.confidence;
  if (boundPerOperation === null) return text;
  return `no violation in ${plural(trials, 'operation')}: fewer than ${boundPerOperation.toExponential(1)} per operation at 95 %`;
}
