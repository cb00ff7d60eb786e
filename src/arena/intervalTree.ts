/**
 * Interval tree in shared memory: a treap keyed by (start, address), augmented with the largest `last` below each node.
 * Insertion, removal and look-up take logarithmic time. Keys are inclusive pages [start, last].
 *
 * A node is six words embedded in its owner. The root is a word that holds a node address or 0. The tree has no lock of
 * its own: the caller says what guards it. Iteration by {@link nextOverlap} needs only that nobody changes the tree.
 */
import { get, set } from './access.ts';
import type { Arena } from './arena.ts';
import type { Vpn, Word } from './units.ts';

const START = 0;
const LAST = 1;
const MAX_LAST = 2;
const LEFT = 3;
const RIGHT = 4;
const PRIORITY = 5;

export const nodeStart = (arena: Arena, node: Word): Vpn => get(arena, node + START);
export const nodeLast = (arena: Arena, node: Word): Vpn => get(arena, node + LAST);

/** Deterministic in place of random: the same sequence of operations builds the same tree in every engine. */
function priorityOf(node: Word, start: Vpn): number {
  let h = Math.imul(node ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(start + 1, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x27d4eb2f);
  return (h ^ (h >>> 13)) | 0;
}

const maxLast = (arena: Arena, node: Word): number => (node === 0 ? -1 : get(arena, node + MAX_LAST));

function update(arena: Arena, node: Word): void {
  const below = Math.max(maxLast(arena, get(arena, node + LEFT)), maxLast(arena, get(arena, node + RIGHT)));
  set(arena, node + MAX_LAST, Math.max(get(arena, node + LAST), below));
}

/** Does (start, address) of `a` come before that of `b`? */
function before(arena: Arena, a: Word, b: Word): boolean {
  const startA = get(arena, a + START);
  const startB = get(arena, b + START);
  return startA < startB || (startA === startB && a < b);
}

/** Splits the tree `top` around `node`; leaves the halves in node's LEFT and RIGHT. */
function splitAround(arena: Arena, top: Word, node: Word): void {
  let lesser = node + LEFT;
  let greater = node + RIGHT;
  const path: number[] = [];
  let at = top;
  while (at !== 0) {
    path.push(at);
    if (before(arena, at, node)) {
      set(arena, lesser, at);
      lesser = at + RIGHT;
      at = get(arena, lesser);
    } else {
      set(arena, greater, at);
      greater = at + LEFT;
      at = get(arena, greater);
    }
  }
  set(arena, lesser, 0);
  set(arena, greater, 0);
  for (let i = path.length - 1; i >= 0; i--) update(arena, path[i] as number);
}

/** Puts `node` with the inclusive interval [start, last] into the tree whose root word is `root`. */
export function insertInterval(arena: Arena, root: Word, node: Word, start: Vpn, last: Vpn): void {
  set(arena, node + START, start);
  set(arena, node + LAST, last);
  linkInterval(arena, root, node);
}

/** The same with the interval that `node` has already: who looks at it by another way meanwhile sees it unchanged. */
export function linkInterval(arena: Arena, root: Word, node: Word): void {
  const [start, last] = [get(arena, node + START), get(arena, node + LAST)];
  const priority = priorityOf(node, start);
  set(arena, node + PRIORITY, priority);
  let link = root;
  for (let at = get(arena, link); at !== 0 && get(arena, at + PRIORITY) >= priority; at = get(arena, link)) {
    if (last > get(arena, at + MAX_LAST)) set(arena, at + MAX_LAST, last);
    link = at + (before(arena, at, node) ? RIGHT : LEFT);
  }
  splitAround(arena, get(arena, link), node);
  update(arena, node);
  set(arena, link, node);
}

function merge(arena: Arena, left: Word, right: Word): Word {
  if (left === 0) return right;
  if (right === 0) return left;
  const top = get(arena, left + PRIORITY) >= get(arena, right + PRIORITY) ? left : right;
  if (top === left) set(arena, left + RIGHT, merge(arena, get(arena, left + RIGHT), right));
  else set(arena, right + LEFT, merge(arena, left, get(arena, right + LEFT)));
  update(arena, top);
  return top;
}

/** Takes `node` out. It must be in the tree. */
export function removeInterval(arena: Arena, root: Word, node: Word): void {
  const path: number[] = [];
  let link = root;
  for (let at = get(arena, link); at !== node; at = get(arena, link)) {
    if (at === 0) throw new Error(`removeInterval: node ${node} is not in the tree`);
    path.push(at);
    link = at + (before(arena, at, node) ? RIGHT : LEFT);
  }
  set(arena, link, merge(arena, get(arena, node + LEFT), get(arena, node + RIGHT)));
  for (let i = path.length - 1; i >= 0; i--) update(arena, path[i] as number);
}

function leftmost(arena: Arena, top: Word, start: Vpn, last: Vpn): Word {
  let at = top;
  if (maxLast(arena, at) < start) return 0;
  while (at !== 0) {
    const left = get(arena, at + LEFT);
    if (maxLast(arena, left) >= start) {
      // Some node on the left reaches far enough; if the leftmost of those starts too late, so does everything else.
      at = left;
      continue;
    }
    if (get(arena, at + START) > last) return 0;
    if (get(arena, at + LAST) >= start) return at;
    at = get(arena, at + RIGHT);
    if (maxLast(arena, at) < start) return 0;
  }
  return 0;
}

/** The node with the smallest key that overlaps [start, last], or 0. */
export const firstOverlap = (arena: Arena, root: Word, start: Vpn, last: Vpn): Word =>
  leftmost(arena, get(arena, root), start, last);

/** The next node after `node` in key order that overlaps [start, last], or 0. */
export function nextOverlap(arena: Arena, root: Word, node: Word, start: Vpn, last: Vpn): Word {
  const search = (top: Word): Word => {
    if (top === 0 || maxLast(arena, top) < start) return 0;
    if (!before(arena, node, top)) return search(get(arena, top + RIGHT));
    const found = search(get(arena, top + LEFT));
    if (found !== 0) return found;
    if (get(arena, top + START) > last) return 0;
    if (get(arena, top + LAST) >= start) return top;
    return leftmost(arena, get(arena, top + RIGHT), start, last);
  };
  return search(get(arena, root));
}
