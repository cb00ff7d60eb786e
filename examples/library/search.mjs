// Every interleaving: a proof for the model as it is, within a bound, and a counterexample with an option that is a known defect.
import { search } from 'hmm-lab';

const scenario = 'device-fault-vs-munmap';
const bounded = await search({ scenario, preemptions: 1, seconds: 60 });
console.log(bounded.verdict, 'within', bounded.bound, 'preemption:', bounded.states, 'states');

const proved = await search({ scenario: 'mini-hmm', seconds: 60 });
console.log(proved.verdict, proved.states, 'states, reached:', proved.covers.filter(({ reached }) => reached).length);

const broken = await search({ scenario, driver: 'dmirror:retryCheck=none', seconds: 60 });
console.log(broken.verdict, broken.failure.oracle);
