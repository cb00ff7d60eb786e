/** Small scenarios over a few shared words, for tests of the explorer. */
import { Header } from '../../src/arena/structures.ts';
import type { Scenario, Script } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';

/** Three shared words. */
export const [X, Y, Z] = [Header.shared, Header.shared + 1, Header.shared + 2] as const;

/** A scenario whose actors have one operation each. */
export const wordScenario = (operations: Readonly<Record<string, Script['operations'][number]>>): Scenario => ({
  name: 'words',
  title: '',
  windows: '',
  prepare() {
    const actors = Object.entries(operations).map(([name, operation]) => ({ name, operations: [operation] }));
    return { arena: wordArena(actors.length), actors, check: () => [] };
  },
});
