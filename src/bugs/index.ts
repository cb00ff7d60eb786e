/** The catalogue: real bugs (R), mistakes of drivers (G), guards taken out of race windows (E, F); and controls (C), which are none. */
import type { Bug, Control } from './bug.ts';
import { c1 } from './c1.ts';
import { c2 } from './c2.ts';
import { c3 } from './c3.ts';
import { c4 } from './c4.ts';
import { c5 } from './c5.ts';
import { c6 } from './c6.ts';
import { c7 } from './c7.ts';
import { c8 } from './c8.ts';
import { c9 } from './c9.ts';
import { c10 } from './c10.ts';
import { c11 } from './c11.ts';
import { c12 } from './c12.ts';
import { c13 } from './c13.ts';
import { c14 } from './c14.ts';
import { c15 } from './c15.ts';
import { e12 } from './e12.ts';
import { e14 } from './e14.ts';
import { e15 } from './e15.ts';
import { e17 } from './e17.ts';
import { e18 } from './e18.ts';
import { e20 } from './e20.ts';
import { e22 } from './e22.ts';
import { e23 } from './e23.ts';
import { e31 } from './e31.ts';
import { e32 } from './e32.ts';
import { e32b } from './e32b.ts';
import { e33 } from './e33.ts';
import { e34 } from './e34.ts';
import { e34b } from './e34b.ts';
import { e42 } from './e42.ts';
import { e43 } from './e43.ts';
import { f01 } from './f01.ts';
import { f02 } from './f02.ts';
import { f02b } from './f02b.ts';
import { f03 } from './f03.ts';
import { f04 } from './f04.ts';
import { f05 } from './f05.ts';
import { f06 } from './f06.ts';
import { f10 } from './f10.ts';
import { f12 } from './f12.ts';
import { f14 } from './f14.ts';
import { f15 } from './f15.ts';
import { f16 } from './f16.ts';
import { f21 } from './f21.ts';
import { f22 } from './f22.ts';
import { f23 } from './f23.ts';
import { f28 } from './f28.ts';
import { f30 } from './f30.ts';
import { f31 } from './f31.ts';
import { f38 } from './f38.ts';
import { f40 } from './f40.ts';
import { g01 } from './g01.ts';
import { g02 } from './g02.ts';
import { g03 } from './g03.ts';
import { g04 } from './g04.ts';
import { g06 } from './g06.ts';
import { g07 } from './g07.ts';
import { g08 } from './g08.ts';
import { g09 } from './g09.ts';
import { g10 } from './g10.ts';
import { g11 } from './g11.ts';
import { g12 } from './g12.ts';
import { g13 } from './g13.ts';
import { g14 } from './g14.ts';
import { g16 } from './g16.ts';
import { g17 } from './g17.ts';
import { g18 } from './g18.ts';
import { g19 } from './g19.ts';
import { g22 } from './g22.ts';
import { g23 } from './g23.ts';
import { g24 } from './g24.ts';
import { g25 } from './g25.ts';
import { g26 } from './g26.ts';
import { g27 } from './g27.ts';
import { g28 } from './g28.ts';
import { g29 } from './g29.ts';
import { g30 } from './g30.ts';
import { g32 } from './g32.ts';
import { g33 } from './g33.ts';
import { g34 } from './g34.ts';
import { m01 } from './m01.ts';
import { m01b } from './m01b.ts';
import { m01c } from './m01c.ts';
import { m02 } from './m02.ts';
import { m03 } from './m03.ts';
import { m04 } from './m04.ts';
import { m05 } from './m05.ts';
import { m06 } from './m06.ts';
import { m07 } from './m07.ts';
import { m08 } from './m08.ts';
import { m09 } from './m09.ts';
import { m10 } from './m10.ts';
import { m11 } from './m11.ts';
import { m12 } from './m12.ts';
import { m13 } from './m13.ts';
import { m14 } from './m14.ts';
import { m15 } from './m15.ts';
import { r01 } from './r01.ts';
import { r02 } from './r02.ts';
import { r03 } from './r03.ts';
import { r04 } from './r04.ts';
import { r05 } from './r05.ts';
import { r06 } from './r06.ts';
import { r07 } from './r07.ts';
import { r09 } from './r09.ts';
import { r10 } from './r10.ts';
import { r12 } from './r12.ts';
import { r13 } from './r13.ts';
import { r15 } from './r15.ts';
import { r15b } from './r15b.ts';
import { r16 } from './r16.ts';
import { r17 } from './r17.ts';
import { r18 } from './r18.ts';
import { r19 } from './r19.ts';
import { r20 } from './r20.ts';
import { r21 } from './r21.ts';
import { r22 } from './r22.ts';
import { r23 } from './r23.ts';
import { r24 } from './r24.ts';
import { r26 } from './r26.ts';
import { r26b } from './r26b.ts';
import { r27 } from './r27.ts';
import { r30 } from './r30.ts';
import { r31 } from './r31.ts';
import { r32 } from './r32.ts';
import { r33 } from './r33.ts';
import { r34 } from './r34.ts';
import { r35 } from './r35.ts';
import { r37 } from './r37.ts';
import { r38 } from './r38.ts';
import { r39 } from './r39.ts';
import { r41 } from './r41.ts';
import { r42 } from './r42.ts';
import { r43 } from './r43.ts';
import { r44 } from './r44.ts';
import { r47 } from './r47.ts';
import { r48 } from './r48.ts';
import { r49 } from './r49.ts';
import { r50 } from './r50.ts';
import { r51 } from './r51.ts';
import { r52 } from './r52.ts';
import { r53 } from './r53.ts';
import { r54 } from './r54.ts';
import { r55 } from './r55.ts';
import { r56 } from './r56.ts';
import { r57 } from './r57.ts';
import { r58 } from './r58.ts';
import { r59 } from './r59.ts';
import { r60 } from './r60.ts';
import { r61 } from './r61.ts';
import { r62 } from './r62.ts';
import { r63 } from './r63.ts';
import { r64 } from './r64.ts';
import { r65 } from './r65.ts';
import { r66 } from './r66.ts';
import { r67 } from './r67.ts';
import { r71 } from './r71.ts';
import { r72 } from './r72.ts';
import { r73 } from './r73.ts';
import { r73b } from './r73b.ts';
import { r80 } from './r80.ts';
import { s01 } from './s01.ts';
import { s02 } from './s02.ts';
import { s03 } from './s03.ts';
import { s04 } from './s04.ts';
import { s05 } from './s05.ts';
import { s06 } from './s06.ts';
import { s07 } from './s07.ts';
import { s08 } from './s08.ts';
import { s08b } from './s08b.ts';
import { s08c } from './s08c.ts';
import { x06 } from './x06.ts';
import { x19 } from './x19.ts';

export type { Bug, Control, Mutation } from './bug.ts';

export const bugs: readonly Bug[] = [
  r01,
  r02,
  r03,
  r04,
  r05,
  r06,
  r07,
  r09,
  r10,
  r12,
  r13,
  r15,
  r15b,
  r16,
  r17,
  r18,
  r19,
  r20,
  r21,
  r22,
  r23,
  r24,
  r26,
  r26b,
  r27,
  r30,
  r31,
  r32,
  r33,
  r34,
  r35,
  r37,
  r38,
  r39,
  r41,
  r42,
  r43,
  r44,
  r47,
  r48,
  r49,
  r50,
  r51,
  r52,
  r53,
  r54,
  r55,
  r56,
  r57,
  r58,
  r59,
  r60,
  r61,
  r62,
  r63,
  r64,
  r65,
  r66,
  r67,
  r71,
  r72,
  r73,
  r73b,
  r80,
  x06,
  x19,
  g01,
  g02,
  g03,
  g04,
  g06,
  g07,
  g08,
  g09,
  g10,
  g11,
  g12,
  g13,
  g14,
  g16,
  g17,
  g18,
  g19,
  g22,
  g23,
  g24,
  g25,
  g26,
  g27,
  g28,
  g29,
  g30,
  g32,
  g33,
  g34,
  e12,
  e14,
  e15,
  e17,
  e18,
  e20,
  e22,
  e23,
  e31,
  e32,
  e32b,
  e33,
  e34,
  e34b,
  e42,
  e43,
  f01,
  f02,
  f02b,
  f03,
  f04,
  f05,
  f06,
  f10,
  f12,
  f14,
  f15,
  f16,
  f21,
  f22,
  f23,
  f28,
  f30,
  f31,
  f38,
  f40,
  s01,
  s02,
  s03,
  s04,
  s05,
  s06,
  s07,
  s08,
  s08b,
  s08c,
  m01,
  m01b,
  m01c,
  m02,
  m03,
  m04,
  m05,
  m06,
  m07,
  m08,
  m09,
  m10,
  m11,
  m12,
  m13,
  m14,
  m15,
];

/** Changes that must never be reported. */
export const controls: readonly Control[] = [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15];
