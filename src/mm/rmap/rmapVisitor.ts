/** What a walk over the mappings of a page calls. */
import type { Steps } from '../../steps/steps.ts';

/** Visits one place where a page may be mapped. Returns false to end the walk. */
export type RmapVisitor = (vma: number, mm: number, vpn: number) => Steps<boolean>;
