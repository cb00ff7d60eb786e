// Two scenarios proved, each in a thread of its own.
import { prove } from 'hmm-lab';

const { verdict, scenarios } = await prove({ scenarios: ['mini-hmm', 'device-fault-vs-munmap'], workers: 2 });
for (const { scenario, verdict, covers } of scenarios) {
  console.log(scenario, verdict, 'with', covers.filter(({ reached }) => reached).length, 'of', covers.length, 'covers');
}
console.log(verdict);
