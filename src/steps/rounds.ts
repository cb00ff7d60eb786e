/** A count of rounds of a loop that is only reported, or stands guard: nothing that is done follows from it, so to an explorer it is no state. */
export class Rounds {
  done = 0;
}
