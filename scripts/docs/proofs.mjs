/** docs/proofs.md, which `hmm-lab prove` makes: what its table says, and whether that is still so. */

/** Scenarios with fewer states are proved again when the pages are checked: together they take a few seconds; the tests prove larger ones. */
const SMALL = 100;

/** A row of the table: the cells that do not depend on the machine. */
const ROW = /^\| ([\w-]+) \| (\w+(?: \(\d+\))?) \| ([\d,]+) \| [^|]* \| [^|]* \| ([^|]*) \| ([^|]*) \|$/gm;

/** What the page says of each scenario, by its name. */
export function proofsOf(page) {
  const rows = [...page.matchAll(ROW)].map(([, name, verdict, states, reduction, covers]) => {
    return [name, { verdict, states: Number(states.replaceAll(',', '')), reduction, covers }];
  });
  return new Map(rows);
}

/** How many states the proved ones have, by their names. */
export const statesOf = (proofs) =>
  new Map([...proofs].filter(([, { verdict }]) => verdict === 'proved').map(([name, { states }]) => [name, states]));

const said = ({ verdict, states, reduction, covers }) =>
  [verdict, `${states} states`, reduction, covers].filter(Boolean).join(', ');

/** What of the page is not so: scenarios that it lacks or that are gone, and small ones that are proved in another way. `prove` makes a page about some. */
export function staleProofs(proofs, names, prove) {
  const small = [...statesOf(proofs)].filter(([name, states]) => states < SMALL && names.includes(name)).map(([name]) => name);
  const again = small.length === 0 ? new Map() : proofsOf(prove(small));
  return [
    ...names.filter((name) => !proofs.has(name)).map((name) => `${name} is missing`),
    ...[...proofs.keys()].filter((name) => !names.includes(name)).map((name) => `${name} is no scenario any more`),
    ...small
      .map((name) => [name, said(again.get(name)), said(proofs.get(name))])
      .filter(([, now, then]) => now !== then)
      .map(([name, now, then]) => `${name}: ${now}; not ${then}`),
  ];
}
