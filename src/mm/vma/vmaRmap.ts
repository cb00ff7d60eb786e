/** Which reverse mappings know a VMA: the anon_vma of its anonymous pages, and i_mmap of its file. */
import { get, load, set, store } from '../../arena/access.ts';
import { handleOf, poolFree } from '../../arena/pool.ts';
import { Vma } from '../../arena/structures.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { anonVmaLink, anonVmaLock, anonVmaOf, anonVmaUnlink, anonVmaUnlock } from '../rmap/rmap.ts';
import { linkFile, unlinkFile } from '../rmap/rmapFile.ts';

/**
 * Joins the anon_vma of `from`. Where both begin alike, rmap walks meet the older VMA first.
 *
 * @kernel mm/rmap.c anon_vma_clone
 */
export function* anonVmaClone(task: Task, vma: Vma, from: Vma): Steps<void> {
  yield* join(task, vma, from, get(task.arena, from + Vma.anonGroup), get(task.arena, from + Vma.anonChain));
}

function* join(task: Task, vma: Vma, from: Vma, group: number, chain: number): Steps<void> {
  const { arena } = task;
  const handle = load(arena, from + Vma.anonVma);
  if (handle === 0) return;
  const anonVma = anonVmaOf(arena, from);
  yield* anonVmaLock(task, anonVma);
  store(arena, vma + Vma.anonVma, handle);
  anonVmaLink(arena, anonVma, vma);
  set(arena, vma + Vma.anonGroup, group);
  set(arena, vma + Vma.anonChain, chain);
  yield* anonVmaUnlock(task, anonVma);
}

/** anon_vma_fork: a kernel gives the child's VMA an anon_vma of its own beside that of the parent. */
export function* anonVmaFork(task: Task, vma: Vma, from: Vma): Steps<void> {
  const { arena } = task;
  // No handle of an anon_vma is below 0.
  yield* join(task, vma, from, -handleOf(arena, arena.pools.vma, vma), get(arena, from + Vma.anonChain) + 1);
}

/** unlink_anon_vmas of a VMA that stays: as if none of its pages had ever been touched. */
export function* anonVmaForget(task: Task, vma: Vma): Steps<void> {
  const { arena } = task;
  if (load(arena, vma + Vma.anonVma) === 0) return;
  yield* anonVmaUnlink(task, vma);
  store(arena, vma + Vma.anonVma, 0);
  set(arena, vma + Vma.anonGroup, 0);
  set(arena, vma + Vma.anonChain, 0);
}

/** Makes a new VMA known to the reverse mappings that know `from`: of its file and of its anonymous pages. */
export function* rmapClone(task: Task, vma: Vma, from: Vma): Steps<void> {
  yield* linkFile(task, vma, get(task.arena, from + Vma.mapping));
  yield* anonVmaClone(task, vma, from);
}

/** Unlinks a detached VMA from its anon_vma and its file, and frees it. */
export function* vmaFree(task: Task, vma: Vma): Steps<void> {
  const { arena } = task;
  if (load(arena, vma + Vma.anonVma) !== 0) yield* anonVmaUnlink(task, vma);
  yield* unlinkFile(task, vma);
  poolFree(arena, arena.pools.vma, vma);
}
