/** What once was found does not come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from './compare.ts';
import { kinds } from './kinds.ts';

for (const [kind, programs] of Object.entries(kinds)) {
  test(`agreed: ${kind}`, () => {
    for (const program of programs) {
      const { disagreement, exhausted } = compare(program, true);
      assert.equal(disagreement, null);
      assert.ok(exhausted);
    }
  });
}
