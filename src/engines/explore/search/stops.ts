import { grown } from '../machine/grown.ts';

/** What is kept of each state on the path. */
export class Stops {
  /** Choices left, a bit an actor. */
  untried = new Int32Array(64);
  /** Who could run as well, and is not tried. */
  putOff = new Int32Array(64);
  /** Who goes on for free, or made the last step; -1 for nobody. */
  current = new Int8Array(64);
  /** Preemptions so far. */
  spent = new Uint8Array(64);
  /** Steps that the last actor made in a row while others could run. */
  alone = new Int32Array(64);

  /** Makes room for a state at `depth`. */
  reach(depth: number): void {
    if (depth < this.untried.length) return;
    this.untried = grown(this.untried);
    this.putOff = grown(this.putOff);
    this.current = grown(this.current);
    this.spent = grown(this.spent);
    this.alone = grown(this.alone);
  }
}
