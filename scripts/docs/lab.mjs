/** Pages about the lab: scenarios, points, options of drivers, axes and costs of sweeps, commands. */
import { code, page, table } from './table.mjs';

const names = (list) => list.map(code).join(', ');

const shown = (states) => states?.toLocaleString('en') ?? '';

/** What can be explored, what it must reach, and how many states it has where that was measured. */
export function scenarios({ windows, titles }, states) {
  const rows = windows.scenarios.map(({ scenario, windows: ids, covers }) => [
    code(scenario),
    titles.get(scenario) ?? '',
    ids.join(' '),
    covers.join('; '),
    shown(states.get(scenario)),
  ]);
  return page(
    'Scenarios',
    'What `hmm-lab explore` knows. *Windows* are those of [windows.md](../windows.md). *Must reach*: a search that has not reached it is vacuous. *States*: of all interleavings, where they were all searched ([proofs.md](../proofs.md)).',
    table(['scenario', 'what happens', 'windows', 'must reach', 'states'], rows),
  );
}

/** The points, with their costs and the scenarios that must reach them. */
export function points({ windows, costs }) {
  const rows = windows.windows.map(({ name, after, before, kernel, windows: ids, coveredBy }) => [
    code(name),
    after,
    before,
    kernel,
    ids.join(' '),
    costs.get(name),
    names(coveredBy),
  ]);
  return page(
    'Points',
    'Where another actor may run. *Cost* is the default in nanoseconds of virtual time ([simulate.md](../simulate.md)). *Covered by*: scenarios that must reach it.',
    table(['point', 'has happened', 'has not happened', 'in the kernel', 'windows', 'cost', 'covered by'], rows),
  );
}

function values({ values: closed, default: usual, min, max }) {
  if (closed === undefined) return `${usual}; ${min} to ${max}`;
  return names([usual, ...closed.filter((value) => value !== usual)]);
}

/** The options of each built-in driver that can be chosen. */
export function options({ drivers }) {
  const sections = drivers.map(({ name, summary, options: all }) => {
    const rows = all.map((option) => [code(option.name), values(option), option.help]);
    return `## ${name}\n\n${summary}\n\n${table(['option', 'values, the default first', 'what it switches'], rows)}`;
  });
  return page(
    'Options of the drivers',
    'As in `--driver dmirror:retryCheck=none,window=8`. What they stand for is in [drivers.md](../drivers.md).',
    ...sections,
  );
}

/** What a sweep varies, and what steps cost in virtual time. */
export function sweeps({ axes, machineCosts, presets }) {
  const rows = axes.map(({ name, help, usual }) => [code(`--${name}`), usual, help]);
  const costs = Object.entries(machineCosts).map(([name, { ns, help }]) => [code(name), ns, help]);
  const sets = Object.entries(presets).map(([name, { help }]) => [code(name), help]);
  return page(
    'Axes and costs of sweeps',
    `## Axes of \`hmm-lab measure\`\n\n${table(['flag', 'default', 'what it varies'], rows)}`,
    `## Costs that belong to no point\n\n${table(['cost', 'ns', 'of what'], costs)}`,
    `## Presets\n\n${table(['preset', 'machine'], sets)}`,
  );
}

/** The help of every command. */
export function commands(help) {
  const sections = help.map(({ name, text }) => `## ${name}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\``);
  return page('Commands', 'What `hmm-lab help COMMAND` prints.', ...sections);
}

const change = ([name, { since, before, now, script, commit = '' }], shown = code(name)) => [
  shown,
  since,
  before,
  now,
  script === null ? '' : code(script),
  commit,
];

/** What changed between the kernels that the model can be. */
export function kernels({ coreChanges, driverChanges }, { KERNELS, NEWEST }) {
  const heads = ['behaviour', 'since', 'before', 'now', 'recording', 'commit'];
  const oldest = KERNELS[0];
  return page(
    `What changed between Linux ${oldest} and ${NEWEST}`,
    `The model is Linux ${NEWEST}. \`--kernel ${oldest}\` gives all of these behaviours of before back. *Since*: the first version known to have the new one; ${NEWEST} where nobody has looked at the versions between. *Recording*: a script of \`recordings/\` that disagrees without the new behaviour. *Commit*: the kernel's change that made it, where it is known. [conformance.md](../conformance.md) says how it is held against the kernels.`,
    '## The kernel',
    table(
      heads,
      Object.entries(coreChanges).map((entry) => change(entry)),
    ),
    '## Its test driver',
    'Options of `dmirror`, with the value that is the behaviour of before.',
    table(
      heads,
      Object.entries(driverChanges).map((entry) => change(entry, code(`${entry[0]}=${entry[1].value}`))),
    ),
  );
}
