// One scenario, with a bug of 2019 put into the model: the interleaving that breaks a rule, made small and explained.
import { explore } from 'hmm-lab';

const { scenario, verdict, failure } = await explore({ bug: 'R05', seconds: 60 });
console.log(verdict, 'in', scenario);
console.log(failure.oracle, 'with', failure.preemptions, 'preemption:', failure.message);
console.log('schedule', failure.schedule);
