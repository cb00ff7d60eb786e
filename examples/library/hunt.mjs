// Two bugs of the corpus, and one of our own: a collision check that never sees a collision.
import { hunt } from 'hmm-lab';

const own = {
  id: 'no-retry',
  title: 'the collision check says that all is well',
  reference: 'made up',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-munmap',
  edits: [
    {
      module: 'notifier/sequence',
      in: 'mmuIntervalReadRetry',
      find: 'return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);',
      replace: 'return false;',
    },
  ],
};

const { verdict, rows } = await hunt({ bugs: ['R05', 'G17', own], seconds: 60 });
for (const { id, oracle, preemptions } of rows) console.log(id, 'found by', oracle, 'with', preemptions, 'preemption');
console.log(verdict);
