/** What a search asks in between may take many steps: then it asks, too, whether time is up or somebody has stopped it. */

/** Steps between two questions whether it is enough; a power of two. */
export const OFTEN = 256;

export class Patience {
  /** It was enough in the middle of a question. It stays so: the answer is worth nothing, and the search ends. */
  isOver = false;
  #steps = 0;
  readonly #isEnough: () => boolean;

  constructor(isEnough: () => boolean) {
    this.#isEnough = isEnough;
  }

  /** One more step was made. Is it enough? */
  step(): boolean {
    this.#steps++;
    if (!this.isOver && (this.#steps & (OFTEN - 1)) === 0) this.isOver = this.#isEnough();
    return this.isOver;
  }
}

/** Of who waits for the answer, however long it takes. */
export const ENDLESS_PATIENCE = new Patience(() => false);
