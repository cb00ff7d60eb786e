/** Files in memory: create, truncate, punch, read and write. */
import { get } from '../arena/access.ts';
import { EBADF } from '../arena/errno.ts';
import { type AddressSpace, OpenFile, type Process } from '../arena/structures.ts';
import { addressSpaceAlloc } from '../mm/file/addressSpace.ts';
import { fileRead, fileWrite } from '../mm/file/fileIo.ts';
import { punchHole, truncateFile } from '../mm/syscalls/truncate.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { type Answer, errorOf } from './answer.ts';
import type { Machine } from './machine.ts';
import { closeHandle, FileKind, fdget, fdput, install, openFileAlloc } from './openFiles.ts';
import { numberAt, type Operation } from './operation.ts';
import { fileSlot } from './processes.ts';

/** The first word of page i of a new file in slot S. */
export const initialWord = (slot: number, page: number): number => 0xf00000 + slot * 0x10000 + page;

export function* createFile(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const [slot, pages] = [numberAt(op, 0), numberAt(op, 1)];
  const mapping = addressSpaceAlloc(arena, pages);
  for (let page = 0; page < pages; page++) yield* fileWrite(task, mapping, page, initialWord(slot, page));
  const old = install(arena, fileSlot(process, slot), openFileAlloc(arena, FileKind.memory, mapping));
  yield* closeHandle(task, machine, old);
  return { e: 0 };
}

/** What is done with the file in the slot that the operation names. */
type Use = (task: Task, mapping: AddressSpace, op: Operation) => Steps<Answer>;

const withFile = (use: Use) =>
  function* (task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
    const file = fdget(machine, fileSlot(process, numberAt(op, 0)));
    if (file === 0) return { e: EBADF };
    const answer = yield* use(task, get(task.arena, file + OpenFile.object), op);
    yield* fdput(task, machine, file);
    return answer;
  };

export const truncate = withFile(function* (task, mapping, op) {
  yield* truncateFile(task, mapping, numberAt(op, 1));
  return { e: 0 };
});

export const punch = withFile(function* (task, mapping, op) {
  yield* punchHole(task, mapping, numberAt(op, 1), numberAt(op, 1) + numberAt(op, 2));
  return { e: 0 };
});

export const writeFile = withFile(function* (task, mapping, op) {
  return errorOf(yield* fileWrite(task, mapping, numberAt(op, 1), numberAt(op, 2)));
});

export const readFile = withFile(function* (task, mapping, op) {
  const v: (number | string)[] = [];
  for (let i = 0; i < numberAt(op, 2); i++) {
    const word = yield* fileRead(task, mapping, numberAt(op, 1) + i);
    v.push(word === null ? 'eof' : word >>> 0);
  }
  return { e: 0, v };
});
