// Real threads for two seconds. On a machine that is busy the verdict may be that too little was seen.
import { race } from 'hmm-lab';

const { violations, counters, config } = await race({ seconds: 2, seed: 7, disturbers: 2, pages: 64 });
console.log(violations.length, 'violations with driver', config.driver);
console.log(counters.operations > 0, counters.invalidations > 0);
