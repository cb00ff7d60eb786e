/** How many states the scenarios have, all interleavings together. */

/** Processor time that a search may take when the table is measured, in seconds. */
const LIMIT = 12;

/** Scenarios below this many states are searched again when the pages are checked: together they take some seconds. */
const SMALL = 2000;

/** The states of a scenario; null when its search was not finished in `seconds`, or left something out. */
async function statesOf(load, name, seconds) {
  const { executorOf } = await load('engines/explore/explore');
  const { search } = await load('engines/explore/search/search');
  const { scenarioNamed } = await load('engines/explore/plan/catalogue');
  const began = process.cpuUsage().user;
  const enough = () => process.cpuUsage().user - began > seconds * 1e6;
  const result = search(executorOf(scenarioNamed(name)), { preemptions: Number.POSITIVE_INFINITY, enough });
  return result.complete && result.failure === null && result.long === 0 && result.spins === 0 ? result.states : null;
}

/** The table anew. Takes minutes. */
export async function measureStates(load, names) {
  const states = {};
  for (const name of names) {
    const count = await statesOf(load, name, LIMIT);
    if (count !== null) states[name] = count;
    process.stderr.write(`${name}: ${count ?? 'not finished'}\n`);
  }
  return states;
}

/** What the table has that is not so: scenarios that are gone, and small ones with another number of states. */
export async function staleStates(load, names, states) {
  const stale = [];
  for (const [name, count] of Object.entries(states)) {
    if (!names.includes(name)) stale.push(`${name} is no scenario any more`);
    else if (count < SMALL) {
      const found = await statesOf(load, name, LIMIT);
      if (found !== count) stale.push(`${name} has ${found} states, not ${count}`);
    }
  }
  return stale;
}
