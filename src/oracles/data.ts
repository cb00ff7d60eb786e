/** I-DATA at a quiescent point: every slot holds what was last acknowledged, every counter the number of increments. */
import { get } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { frameAt } from '../arena/frames.ts';
import { Mm } from '../arena/structures.ts';
import { mapsPage, ptePfn } from '../mm/pte.ts';
import { readPte } from '../mm/tables.ts';
import type { Finding } from './finding.ts';
import { counterSlot, type Ledger, wordAt } from './ledger.ts';

/** `stable` pages, from the start of the region, are never discarded: their counters must be exact. */
export function checkData(arena: Arena, mm: number, base: number, ledger: Ledger, stable: number): Finding[] {
  const findings: Finding[] = [];
  for (let page = 0; page < ledger.pages; page++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), base + page);
    const frame = mapsPage(pte) ? frameAt(arena, ptePfn(pte)) : -1;
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
