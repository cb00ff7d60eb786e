/** What a walk over the mappings of a page calls. */
import type { Mm, Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';

/** Visits one place where a page may be mapped. Returns false to end the walk. */
export type RmapVisitor = (vma: Vma, mm: Mm, vpn: Vpn) => Steps<boolean>;
