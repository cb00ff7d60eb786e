/** Replaying a script on the model and comparing every answer with the recorded one. */
import { get } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { Actor } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { type Behaviour, behaviourOf } from '../../kernels/kernels.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLeaks } from '../../oracles/leaks.ts';
import { Comparison, plain } from './compare.ts';
import { cpuRead, cpuWrite } from './cpuOps.ts';
import { badCommand, close, command, flagsCommand, nullCommand, open } from './deviceOps.ts';
import { createFile, punch, readFile, truncate, writeFile } from './fileOps.ts';
import { bootMachine, type Machine, type Process, pinnedPages, shutDown } from './machine.ts';
import { advise, exit, fork, lock, mmap, protect, remap, resize, unmap } from './memoryOps.ts';
import { numberAt, type Operation, type OperationName } from './operation.ts';
import type { Answer, Script } from './recording.ts';
import { clearReferences, openEvents, readEvents, splitPages, switchHugeSize, userfaultfd } from './systemFiles.ts';
import { gupTest, longtermPin, longtermUnpin, processVmRead, processVmWrite, splice, unsplice } from './userPages.ts';
import { maps, pagemap, smaps } from './views.ts';

type Handler = (machine: Machine, process: Process, op: Operation) => Answer;

const handlers: Readonly<Record<OperationName, Handler>> = {
  open,
  close,
  mmap,
  mmapx: mmap,
  munmap: unmap,
  mprotect: protect,
  mlock: lock,
  munlock: lock,
  madvise: advise,
  mremap: remap,
  mresize: resize,
  cr: cpuRead,
  cw: cpuWrite,
  pvr: processVmRead,
  pvw: processVmWrite,
  pin: splice,
  unpin: unsplice,
  gup: gupTest,
  ltpin: longtermPin,
  ltunpin: longtermUnpin,
  uffd: userfaultfd,
  file: createFile,
  ftrunc: truncate,
  fpunch: punch,
  fwrite: writeFile,
  fread: readFile,
  fork,
  exit,
  dread: command,
  dwrite: command,
  dmig: command,
  dsys: command,
  snap: command,
  excl: command,
  chk: command,
  rel: command,
  dunl: command,
  flags: flagsCommand,
  badioctl: badCommand,
  nullcmd: nullCommand,
  evopen: openEvents,
  ev: readEvents,
  clearrefs: clearReferences,
  split: splitPages,
  mthp: switchHugeSize,
  pm: pagemap,
  maps,
  smaps,
};

/** Where the model and the recording part. */
export interface Difference {
  readonly script: string;
  /** Place of the operation in the script; its length for what is found after the last one. */
  readonly index: number;
  readonly operation: string;
  /** The fields that differ, as recorded and as the model has them. */
  readonly expected: Answer;
  readonly got: Answer;
}

const faultsOf = ({ arena, task }: Machine): number => get(arena, task.actor + Actor.counters + Counter.mmFaults);

/** Runs one operation on the machine as it is. */
export function perform(machine: Machine, op: Operation): Answer {
  const process = machine.processes.get(op.worker);
  if (process === undefined) return { e: 3, dead: 1 };
  const before = faultsOf(machine);
  const answer = handlers[op.name](machine, process, op);
  return { ...answer, flt: faultsOf(machine) - before };
}

const pick = (answer: Answer, fields: readonly string[]): Answer =>
  Object.fromEntries(fields.map((field) => [field, answer[field] ?? null]));

/** Does the machine of the recording have coherent devices? Its own word: what opening one was answered. */
function hasCoherent({ operations, answers }: Script): boolean {
  return operations.some((op, i) => {
    const device = numberAt(op, 1);
    return op.name === 'open' && (device === 2 || device === 3) && answers[i]?.e === 0;
  });
}

/** What the oracles say at the end of a script, with and without its processes. */
function inspect(machine: Machine): Finding[] {
  const counts = checkCounts(machine.arena, pinnedPages(machine));
  shutDown(machine);
  return [...counts, ...checkLeaks(machine.arena)];
}

/** Replays one script on the kernel it is of. One difference at most for each operation, and one for what the oracles say at the end. */
export const replay = (script: Script): Difference[] => replayOn(script, behaviourOf(script.kernel));

/** The same with any behaviour of before. */
export function replayOn(script: Script, behaviour: Behaviour): Difference[] {
  const machine = bootMachine(behaviour, hasCoherent(script));
  const comparison = new Comparison(script.firstNotation);
  const found: Difference[] = [];
  const report = (index: number, operation: string, expected: Answer, got: Answer): void => {
    found.push({ script: script.id, index, operation, expected, got });
  };
  for (const [index, op] of script.operations.entries()) {
    const recorded = script.answers[index] as Answer;
    let got: Answer;
    try {
      got = perform(machine, op);
    } catch (error) {
      // What the machine is in now cannot be told, so the script ends; the others go on.
      const what = error instanceof Violation ? 'violation' : 'error';
      report(index, op.text, recorded, { [what]: (error as Error).message });
      return found;
    }
    const fields = comparison.differences(op, recorded, got);
    if (fields.length > 0) report(index, op.text, pick(plain(recorded), fields), pick(got, fields));
  }
  for (const { rule, message } of inspect(machine)) {
    report(script.operations.length, 'the end', {}, { [rule]: message });
  }
  return found;
}
