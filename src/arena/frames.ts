/** The bytes of page frames, in the second buffer: `frameWords` Int32 words each. */
import { frameFill, frameGet } from './access.ts';
import type { Arena } from './arena.ts';
import { POISON } from './config.ts';
import type { FrameWord, Pfn } from './units.ts';
import { Violation } from './violation.ts';

/** Words looked at by {@link checkPoison}: the ones the lab's actors write, and every 64th of the rest. */
const POISON_HEAD = 32;
const POISON_STRIDE = 64;

/** Index of the first word of a frame. */
export const frameAt = (arena: Arena, pfn: Pfn): FrameWord => pfn * arena.frameWords;

export function clearFrame(arena: Arena, pfn: Pfn): void {
  frameFill(arena, frameAt(arena, pfn), 0);
}

/** Does it hold nothing but zeroes? */
export function isClearFrame(arena: Arena, pfn: Pfn): boolean {
  const at = frameAt(arena, pfn);
  for (let i = 0; i < arena.frameWords; i++) if (frameGet(arena, at + i) !== 0) return false;
  return true;
}

export function poisonFrame(arena: Arena, pfn: Pfn): void {
  frameFill(arena, frameAt(arena, pfn), POISON);
}

/** A frame that was poisoned when it was freed must still be so when it is handed out again. */
export function checkPoison(arena: Arena, pfn: Pfn): void {
  const at = frameAt(arena, pfn);
  const { frameWords } = arena;
  for (let i = 0; i < frameWords; i += i < POISON_HEAD ? 1 : POISON_STRIDE) {
    const found = frameGet(arena, at + i);
    if (found !== POISON) {
      throw new Violation('I-FREE', `page ${pfn} was written after it was freed: word ${i} is ${found}`);
    }
  }
}
