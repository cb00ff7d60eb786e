/** An arena for scenarios over a few words of their own (`Header.shared`), without memory management; its frames have so many words. */
import { type Arena, createArena } from '../../arena/arena.ts';

export const wordArena = (actors: number, frameWords = 1): Arena =>
  createArena({
    systemPages: 3,
    devicePages: 0,
    devices: 0,
    tables: 1,
    actors,
    mms: 1,
    vmas: 1,
    mirrors: 1,
    intervals: 1,
    frameWords,
  });
