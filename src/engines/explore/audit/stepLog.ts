/** What one step of an actor does to shared words, access by access. */

/** How a word is touched. An `increase` is an addition whose result nobody looks at: two of them do not disturb each other. */
export type How = 'read' | 'write' | 'change' | 'increase';

export interface Access {
  readonly word: number;
  how: How;
  /** The bits of the word that matter: of a write those it changes. */
  bits: number;
  /** Accesses of one unit are indivisible: a read-modify-write, and everything under a raw lock. */
  readonly unit: number;
  /** Of a lock that is taken or released here. Nobody can disturb the first, and what comes before the second is over. */
  role: 'plain' | 'takes' | 'releases';
  /** A read that leaves no memory (`forgetSince`), or one that a compare-and-swap has confirmed. */
  forgotten: boolean;
  /** Made at the access, where that was asked for. Its stack costs much, and is looked at for few. */
  readonly trace?: Error;
}

const isRead = (how: How): boolean => how === 'read';

/** Does the order of the two matter? */
export const disturbs = (one: Access, other: Access): boolean =>
  one.word === other.word &&
  (one.bits & other.bits) !== 0 &&
  !one.forgotten &&
  !other.forgotten &&
  !(isRead(one.how) && isRead(other.how)) &&
  !(one.how === 'increase' && other.how === 'increase');

export class StepLog {
  readonly actor: number;
  /** The point where the step begins. */
  readonly from: number;
  readonly accesses: Access[] = [];
  /** Raw locks that are held: no other actor may come in between. */
  #raw = 0;
  #unit = 0;
  /** The word of a read-modify-write that has begun, and whether its read was seen. */
  #changing: number | null = null;
  #hasRead = false;

  constructor(actor: number, from: number) {
    this.actor = actor;
    this.from = from;
  }

  get underRaw(): boolean {
    return this.#raw > 0;
  }

  /** A raw lock is taken, or released. One may be taken under another. */
  holdsRaw(taken: boolean): void {
    this.#raw += taken ? 1 : -1;
  }

  /** A read-modify-write begins. */
  indivisible(word: number, compares: boolean): void {
    this.#changing = word;
    this.#hasRead = false;
    if (!this.underRaw) this.#unit++;
    if (!compares) return;
    // What was read of the word before is confirmed, or was in vain and is read again.
    for (const access of this.accesses) if (access.word === word && access.how === 'read') access.forgotten = true;
  }

  /** Has a read-modify-write of the word begun? */
  isChanging(word: number): boolean {
    return this.#changing === word;
  }

  add(word: number, how: How, bits: number, trace: Error | undefined): void {
    const last = this.accesses.at(-1);
    if (this.#changing === word && !this.#hasRead) this.#hasRead = true;
    else if (this.#changing === word && how === 'write' && last !== undefined) {
      last.how = 'change';
      last.bits = bits;
      this.#changing = null;
      return;
    } else {
      this.#changing = null;
      if (!this.underRaw) this.#unit++;
    }
    const access: Access = { word, how, bits, unit: this.#unit, role: 'plain', forgotten: false };
    this.accesses.push(trace === undefined ? access : { ...access, trace });
  }

  /** A lock is taken: what was done to its word on the way is part of that. */
  takes(word: number): void {
    for (const access of this.accesses) if (access.word === word && access.role === 'plain') access.role = 'takes';
  }

  /** The last access releases a lock. */
  releases(): void {
    const access = this.accesses.at(-1);
    if (access !== undefined) access.role = 'releases';
  }

  /** The reads since there were so many accesses leave no memory. */
  forgetReads(since: number): void {
    for (let i = since; i < this.accesses.length; i++) {
      const access = this.accesses[i] as Access;
      if (access.how === 'read') access.forgotten = true;
    }
  }
}
