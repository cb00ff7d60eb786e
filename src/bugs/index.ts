/** The catalogue: real bugs (R, X), mistakes of drivers (G), guards taken out (E, F, S, V), mutants (M); and controls (C), which are no bugs. */
import type { Bug, Control } from './bug.ts';
import { driverControls } from './controlsDrivers.ts';
import { memoryControls } from './controlsMemory.ts';
import { svaControls } from './controlsSva.ts';
import { dmaMistakes } from './driverMistakesDma.ts';
import { invalidateMistakes } from './driverMistakesInvalidate.ts';
import { driverMigrationMistakes } from './driverMistakesMigration.ts';
import { retryMistakes } from './driverMistakesRetry.ts';
import { svaMistakes } from './driverMistakesSva.ts';
import { hugePageMutants } from './mutantsHuge.ts';
import { memoryMutants } from './mutantsMemory.ts';
import { migrationMutants } from './mutantsMigration.ts';
import { devicePageBugs } from './realBugsDevicePages.ts';
import { gpuBugs } from './realBugsGpu.ts';
import { hugePageBugs } from './realBugsHuge.ts';
import { migrationBugs } from './realBugsMigration.ts';
import { notifierBugs } from './realBugsNotifiers.ts';
import { rangeFaultBugs } from './realBugsRangeFault.ts';
import { rdmaBugs } from './realBugsRdma.ts';
import { svmBugs } from './realBugsSvm.ts';
import { swapBugs } from './swap.ts';
import { exclusiveWindows } from './windowsExclusive.ts';
import { faultWindows } from './windowsFaults.ts';
import { migrationWindows } from './windowsMigration.ts';
import { notifierWindows } from './windowsNotifiers.ts';
import { secondaryTlbWindows } from './windowsSecondaryTlbs.ts';

export type { Bug, Control, Mutation } from './bug.ts';

/** The first letters of ids, in the order of the catalogue. */
const LETTERS = 'RXGEFSVM';

/** By letter, then by number: R15, R15b, R16. */
function inOrder(a: Bug, b: Bug): number {
  const letters = LETTERS.indexOf(a.id[0] as string) - LETTERS.indexOf(b.id[0] as string);
  return letters !== 0 ? letters : a.id < b.id ? -1 : 1;
}

export const bugs: readonly Bug[] = [
  notifierBugs,
  rangeFaultBugs,
  migrationBugs,
  devicePageBugs,
  gpuBugs,
  hugePageBugs,
  rdmaBugs,
  svmBugs,
  retryMistakes,
  invalidateMistakes,
  driverMigrationMistakes,
  dmaMistakes,
  svaMistakes,
  notifierWindows,
  faultWindows,
  exclusiveWindows,
  migrationWindows,
  swapBugs,
  secondaryTlbWindows,
  memoryMutants,
  migrationMutants,
  hugePageMutants,
]
  .flat()
  .sort(inOrder);

const numberOf = ({ id }: Control): number => Number(id.slice(1));

/** Changes that must never be reported. */
export const controls: readonly Control[] = [...driverControls, ...memoryControls, ...svaControls].sort(
  (a, b) => numberOf(a) - numberOf(b),
);
