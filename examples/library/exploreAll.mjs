// All scenarios that fit a driver, until one shows the bug.
import { exploreAll } from 'hmm-lab';

const { verdict, scenario, failure } = await exploreAll({ driver: 'amdgpu-userptr', bug: 'R05', seconds: 120 });
console.log(verdict, 'in', scenario, 'of rule', failure.oracle);
