// Is each step of a scenario one that nobody can come between?
import { audit } from 'hmm-lab';

const { verdict, executions, findings } = await audit({ scenario: 'device-fault-vs-munmap', schedules: 200, seconds: 60 });
console.log(verdict, 'in', executions, 'executions,', findings.length, 'findings');
