/**
 * A broken rule, thrown where it is seen. Inside one thread it travels as an exception; the engines turn it into
 * plain data before it crosses a thread.
 */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** Id of the invariant, e.g. `I-STALE` (the list is in docs/oracles.md). */
  readonly rule: string;
  /** The message without the rule. */
  readonly detail: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
    this.detail = message;
  }
}

/** Throws a {@link Violation} unless `holds`. `message` is only built when the rule is broken. */
export function demand(holds: boolean, rule: string, message: () => string): void {
  if (!holds) throw new Violation(rule, message());
}
