import assert from 'node:assert/strict';
import { Violation } from '../../src/arena/violation.ts';

/** `act` breaks `rule`, and what it says about it matches `message`. */
export function violates(rule: string, message: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => {
    if (!(error instanceof Violation)) throw error;
    assert.equal(error.rule, rule, error.message);
    assert.match(error.message, message);
    return true;
  });
}
