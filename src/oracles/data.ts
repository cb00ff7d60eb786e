/** I-DATA at a quiescent point: every slot holds what was last acknowledged, every counter the number of increments. */

import type { Arena } from '../arena/arena.ts';
import type { Mm } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { contentsAt } from './contents.ts';
import type { Finding } from './finding.ts';
import { counterSlot, type Ledger, wordAt } from './ledger.ts';

/** `stable` pages, from the start of the region, are never discarded: their counters must be exact. */
export function checkData(arena: Arena, mm: Mm, base: Vpn, ledger: Ledger, stable: number): Finding[] {
  const findings: Finding[] = [];
  for (let page = 0; page < ledger.pages; page++) {
    const frame = contentsAt(arena, mm, base + page);
    for (let slot = 0; slot < ledger.actors; slot++) {
      const objection = ledger.objection(page, slot, wordAt(arena, frame, slot), ledger.expect(page, slot));
      if (objection !== null) findings.push({ rule: 'I-DATA', message: `at rest, ${objection}` });
    }
    if (page >= stable) continue;
    const counter = wordAt(arena, frame, counterSlot(ledger.actors));
    if (counter !== ledger.countOf(page)) {
      findings.push({
        rule: 'I-LOST',
        message: `the counter of page ${page} is ${counter} after ${ledger.countOf(page)} increments`,
      });
    }
  }
  return findings;
}
