/**
 * What is published of the programs. Only figures that were found in the files named here; what is not there is not known.
 *
 * - `threads`: benchmarks/buggy.txt of github.com/mc-imperial/sctbench, the thread that begins the others included.
 * - `maple`: benchmarks/mapleRes.txt there: schedules that Maple's own algorithm ran, and whether it found the bug (Thomson, Donaldson and
 *   Betts, "Concurrency testing using controlled schedulers: an empirical study", ACM TOPC 2 (2016)).
 * - `period`: schedules of PERIOD to the first bug (Wen et al., "Controlled concurrency testing via periodical scheduling", ICSE 2022), as
 *   scripts/data-analysis/prior_work.csv of github.com/dylanjwolff/RFF gives them in the column "PERIOD (reported)".
 */
export interface Published {
  readonly threads?: number;
  readonly maple?: readonly [schedules: number, found: boolean];
  readonly period?: number;
}

const [FOUND, MISSED] = [true, false];

export const published: Readonly<Record<string, Published>> = {
  'CS.account': { threads: 4, maple: [20, FOUND], period: 2 },
  'CS.lazy01': { threads: 4, maple: [1, FOUND], period: 3 },
  'CS.arithmetic_prog': { threads: 3, maple: [1, FOUND] },
  'CS.din_phil2': { threads: 3, maple: [1, FOUND] },
  'CS.din_phil3': { threads: 4, maple: [1, FOUND] },
  'CS.din_phil4': { threads: 5, maple: [1, FOUND] },
  'CS.din_phil5': { threads: 6, maple: [1, FOUND] },
  'CS.din_phil6': { threads: 7, maple: [1, FOUND] },
  'CS.din_phil7': { threads: 8, maple: [1, FOUND] },
  'CS.deadlock01': { threads: 3, maple: [7, MISSED], period: 3 },
  'CS.carter01': { threads: 5, maple: [6, FOUND], period: 5 },
  'CS.phase01': { threads: 3, maple: [1, FOUND] },
  'CS.sync01': { threads: 3, maple: [1, FOUND] },
  'CS.sync02': { threads: 3, maple: [1, FOUND] },
  'CS.circular_buffer': { threads: 3, maple: [17, MISSED], period: 17 },
  'CS.queue': { threads: 3, maple: [2, FOUND], period: 25 },
  'CS.stack': { threads: 3, maple: [10, MISSED], period: 2 },
  'CS.reorder_3': { threads: 4, maple: [10, MISSED], period: 6 },
  'CS.reorder_4': { threads: 5, maple: [11, MISSED], period: 9 },
  'CS.reorder_5': { threads: 6, maple: [11, MISSED], period: 12 },
  'CS.reorder_10': { threads: 11, maple: [11, MISSED], period: 27 },
  'CS.reorder_20': { threads: 21, maple: [11, MISSED], period: 39 },
  'CS.twostage': { threads: 3, maple: [8, FOUND], period: 3 },
  'CS.twostage_20': {},
  'CS.wronglock_3': { threads: 5, maple: [6, FOUND], period: 6 },
  'CS.wronglock': { threads: 9, maple: [6, FOUND], period: 10 },
  'CS.bluetooth_driver': { threads: 2, maple: [11, MISSED], period: 9 },
  'CS.token_ring': { threads: 5, maple: [5, FOUND], period: 4 },
  'CS.fsbench': { threads: 28, maple: [1, FOUND] },
  'chess.WSQ': { threads: 3, maple: [12, MISSED], period: 1661 },
  'chess.IWSQ': { threads: 3, maple: [7, MISSED], period: 105 },
  'chess.IWSQWS': { threads: 3, maple: [9, MISSED], period: 108 },
  'chess.SWSQ': { threads: 3, maple: [7, MISSED], period: 1628 },
};
