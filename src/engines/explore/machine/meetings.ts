/**
 * At which points actors have stood in the searches and samples of this thread, and at which pairs of points at the same time: what a
 * program is good for that nobody has written with something in mind.
 */
import { points } from '../../../steps/points.ts';

export interface Meetings {
  /** A number for each pair: {@link pairOf} its points. */
  readonly pairs: readonly number[];
  /** By actor: numbers of points, plus 1, as DONE is -1. */
  readonly stood: readonly (readonly number[])[];
}

const SIDE = points.length + 1;

const met = new Uint8Array(SIDE * SIDE);
let stood: Uint8Array[] = [];

/** The number of a pair of points, which are numbered from 1 on; which of them comes first makes no difference. */
export const pairOf = (one: number, other: number): number => (one < other ? one * SIDE + other : other * SIDE + one);

/** The actor has come to its point. Asked at every step. */
export function meets(at: Int32Array, actor: number): void {
  const here = (at[actor] as number) + 1;
  while (stood.length <= actor) stood.push(new Uint8Array(SIDE));
  (stood[actor] as Uint8Array)[here] = 1;
  for (let other = 0; other < at.length; other++) if (other !== actor) met[pairOf(here, (at[other] as number) + 1)] = 1;
}

function marked(marks: Uint8Array): number[] {
  const places: number[] = [];
  for (let place = marks.indexOf(1); place !== -1; place = marks.indexOf(1, place + 1)) places.push(place);
  return places;
}

/** What there was since this was asked last. */
export function takeMeetings(): Meetings {
  const meetings = { pairs: marked(met), stood: stood.map(marked) };
  met.fill(0);
  stood = [];
  return meetings;
}
