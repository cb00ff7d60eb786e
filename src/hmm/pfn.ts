import type { HmmPfn, Pfn } from '../arena/units.ts';
/**
 * The pfn word of hmm_range_fault: one Int32 a page, in the layout of a 32-bit kernel (include/linux/hmm.h).
 *
 * Bit 31 VALID (in: REQ_FAULT), 30 WRITE (in: REQ_WRITE), 29 ERROR, 26-28 sticky DMA bits, 21-25 map order, 0-20 page
 * frame. VALID is the sign bit: test with a mask, never with `> 0`. Input and output share bits 31 and 30.
 */
export const HMM_PFN_VALID = 1 << 31;
export const HMM_PFN_WRITE = 1 << 30;
export const HMM_PFN_ERROR = 1 << 29;
export const HMM_PFN_DMA_MAPPED = 1 << 28;
export const HMM_PFN_P2PDMA = 1 << 27;
export const HMM_PFN_P2PDMA_BUS = 1 << 26;
export const HMM_PFN_ORDER_SHIFT = 21;

export const HMM_PFN_REQ_FAULT = HMM_PFN_VALID;
export const HMM_PFN_REQ_WRITE = HMM_PFN_WRITE;

/** Bits a range fault keeps as they are in the array. */
export const HMM_PFN_INOUT_FLAGS = HMM_PFN_DMA_MAPPED | HMM_PFN_P2PDMA | HMM_PFN_P2PDMA_BUS;
/** Everything but the page frame. */
export const HMM_PFN_FLAGS = ~((1 << HMM_PFN_ORDER_SHIFT) - 1);

/** HMM_RANGE_DEFAULT_TIMEOUT, in milliseconds. */
export const HMM_RANGE_DEFAULT_TIMEOUT = 1000;

/**
 * hmm_pfn_to_page: the page frame. Meaningful only if VALID, and only under the driver lock after a false read-retry.
 *
 * @kernel include/linux/hmm.h hmm_pfn_to_page
 */
export const hmmPfnToPage = (word: HmmPfn): Pfn => word & ~HMM_PFN_FLAGS;
/**
 * hmm_pfn_to_map_order: the CPU maps the page as part of a block of 2^order pages; 0 means a base page.
 *
 * @kernel include/linux/hmm.h hmm_pfn_to_map_order
 */
export const hmmPfnToMapOrder = (word: HmmPfn): number => (word >>> HMM_PFN_ORDER_SHIFT) & 31;
