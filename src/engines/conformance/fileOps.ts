/** Files in memory: create, truncate, punch, read and write. */
import { EBADF } from '../../arena/errno.ts';
import { addressSpaceAlloc } from '../../mm/file/addressSpace.ts';
import { fileRead, fileWrite } from '../../mm/file/fileIo.ts';
import { punchHole, truncateFile } from '../../mm/syscalls/truncate.ts';
import { run } from '../../steps/steps.ts';
import { closeFile, type Machine, type Process } from './machine.ts';
import { numberAt, type Operation } from './operation.ts';
import type { Answer } from './recording.ts';

/** The first word of page i of a new file in slot S. */
const initialWord = (slot: number, page: number): number => 0xf00000 + slot * 0x10000 + page;

export function createFile(machine: Machine, { files }: Process, op: Operation): Answer {
  const { arena, task } = machine;
  const [slot, pages] = [numberAt(op, 0), numberAt(op, 1)];
  const old = files.get(slot);
  if (old !== undefined) closeFile(machine, old);
  const mapping = addressSpaceAlloc(arena, pages);
  for (let page = 0; page < pages; page++) run(fileWrite(task, mapping, page, initialWord(slot, page)));
  files.set(slot, { mapping, users: 1 });
  return { e: 0 };
}

export function truncate({ task }: Machine, { files }: Process, op: Operation): Answer {
  const file = files.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  run(truncateFile(task, file.mapping, numberAt(op, 1)));
  return { e: 0 };
}

export function punch({ task }: Machine, { files }: Process, op: Operation): Answer {
  const file = files.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  run(punchHole(task, file.mapping, numberAt(op, 1), numberAt(op, 1) + numberAt(op, 2)));
  return { e: 0 };
}

export function writeFile({ task }: Machine, { files }: Process, op: Operation): Answer {
  const file = files.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  return { e: -run(fileWrite(task, file.mapping, numberAt(op, 1), numberAt(op, 2))) };
}

export function readFile({ task }: Machine, { files }: Process, op: Operation): Answer {
  const file = files.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  const v = Array.from({ length: numberAt(op, 2) }, (_, i) => {
    const word = run(fileRead(task, file.mapping, numberAt(op, 1) + i));
    return word === null ? 'eof' : word >>> 0;
  });
  return { e: 0, v };
}
