// How often does a device fault spin, for how many invalidations a second? In virtual time: the numbers are the same everywhere.
import { measure } from 'hmm-lab';

const { verdict, rows } = await measure({
  axes: { invalidations: [1000, '30k', '1M'], policy: 'backoff' },
  faults: 50,
  repetitions: 2,
});
for (const { axes, attempts } of rows) console.log(axes.invalidations, 'a second:', attempts.mean.toFixed(2), 'passes');
console.log(verdict);
