/** What a walk over the mappings of a page calls. */
import type { Arena } from '../../arena/arena.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { type Mm, Vma } from '../../arena/structures.ts';
import type { Pfn, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import type { Steps } from '../../steps/steps.ts';

/** Visits one place where a page may be mapped. Returns false to end the walk. */
export type RmapVisitor = (vma: Vma, mm: Mm, vpn: Vpn) => Steps<boolean>;

/** Before each visit: the address is in the VMA (VM_BUG_ON_VMA in rmap_walk_anon). What a visitor did elsewhere would hit somebody else's page. */
export function checkPlace(arena: Arena, pfn: Pfn, vma: Vma, vpn: Vpn): void {
  if (vpn < nodeStart(arena, vma + Vma.node) || vpn > nodeLast(arena, vma + Vma.node))
    throw new Violation('I-MAP', `page ${pfn} is looked for at address page ${vpn}, outside of the mapping that is walked`);
}
