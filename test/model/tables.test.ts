import assert from 'node:assert/strict';
import { test } from 'node:test';
import { set } from '../../src/arena/access.ts';
import { createArena } from '../../src/arena/arena.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { mkTableEntry } from '../../src/mm/table/pte.ts';
import { fillTable, lookupTable, nextPopulated, pteAt, tableAlloc } from '../../src/mm/table/tables.ts';
import { smallConfig } from './machine.ts';

test('a walk ends where the tables end, however far it is asked to go', () => {
  const arena = createArena({ ...smallConfig, tables: 8 });
  const [root, behind, last] = [tableAlloc(arena), tableAlloc(arena), tableAlloc(arena)];
  assert.equal(behind, root + 1);
  // What stands behind the root is an entry of another table, and would be taken for one of the root.
  set(arena, pteAt(arena, behind, 0), mkTableEntry(last));
  set(arena, pteAt(arena, last, 0), mkTableEntry(last));
  const far = 4 * VPN_LIMIT;
  assert.equal(nextPopulated(arena, root, 0, far), far);
  assert.equal(nextPopulated(arena, root, VPN_LIMIT, far), far);
  assert.equal(nextPopulated(arena, behind, 0, far), 0);
  assert.equal(lookupTable(arena, root, VPN_LIMIT), 0);
  assert.throws(() => fillTable(arena, root, VPN_LIMIT), RangeError);
});
