/** Arguments of commands: flags and what else they take, in any order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../src/cli/commands.ts';
import { jsonFlag, parseArguments, parseFlags } from '../src/cli/flags.ts';
import { commandHelp } from '../src/cli/help.ts';

const flags = [jsonFlag, { name: 'seconds', kind: 'number', default: 1, above: 0, max: 9, help: 'how long' }] as const;
const two = { what: 'two names', most: 2 };

test('flags may stand before, between and after the other arguments', () => {
  for (const args of [
    ['a', 'b', '--json', '--seconds', '3'],
    ['--json', 'a', '--seconds', '3', 'b'],
    ['--seconds=3', '--json', 'a', 'b'],
    ['--seconds', '3', '--json', '--', 'a', 'b'],
  ]) {
    assert.deepEqual(parseArguments('try', flags, args, two), { values: { json: true, seconds: 3 }, given: ['a', 'b'] });
  }
  assert.deepEqual(parseArguments('try', flags, [], two), { values: { json: false, seconds: 1 }, given: [] });
});

test('what is too much, or unknown, is named with what the command takes', () => {
  const usage = (message: string) => ({ name: 'UsageError', message });
  assert.throws(
    () => parseArguments('try', flags, ['a', '--json', 'b', 'c'], two),
    usage("unexpected argument 'c', hmm-lab try takes two names and flags: --json --seconds"),
  );
  assert.throws(
    () => parseArguments('try', flags, ['a', '--jsn'], two),
    usage("unknown flag '--jsn' (did you mean --json?), hmm-lab try takes two names and flags: --json --seconds"),
  );
  assert.throws(
    () => parseFlags('try', flags, ['a']),
    usage("unexpected argument 'a', hmm-lab try takes only flags: --json --seconds"),
  );
  assert.throws(
    () => parseArguments('help', [], ['a', 'b'], { what: 'one command', most: 1 }),
    usage("unexpected argument 'b', hmm-lab help takes one command"),
  );
});

const usageLines: Readonly<Record<string, string>> = {
  explore: 'hmm-lab explore [SCENARIO | FILE.hmm | COLUMN...] [FLAG...]',
  replay: 'hmm-lab replay TOKEN [FLAG...]',
  merge: 'hmm-lab merge PART... [FLAG...]',
  stress: 'hmm-lab stress [FILE.hmm | COLUMN...] [FLAG...]',
  simulate: 'hmm-lab simulate FILE.hmm | COLUMN... [FLAG...]',
  prove: 'hmm-lab prove [SCENARIO...] [FLAG...]',
  conformance: 'hmm-lab conformance [FILE...] [FLAG...]',
  record: 'hmm-lab record [PROGRAM|FILE.hmm|FILE.jsonl...] [FLAG...]',
  reproduce: 'hmm-lab reproduce TOKEN | FILE.hmm | COLUMN... [FLAG...]',
  kernel: 'hmm-lab kernel check | fetch FOLDER [FLAG...]',
  farm: 'hmm-lab farm submit | work | status | result | cancel ... [FLAG...]',
  help: 'hmm-lab help [COMMAND]',
};
for (const { name, load } of commands) {
  test(`the usage line of ${name} names its argument`, async () => {
    const [line] = commandHelp(await load()).split('\n');
    assert.equal(line, `Usage: ${usageLines[name] ?? `hmm-lab ${name} [FLAG...]`}`);
  });
}
