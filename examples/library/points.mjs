// Where actors can be made to take turns, and one schedule made of that.
import { explore, passedPoints } from 'hmm-lab';

const scenario = 'device-fault-vs-munmap';
const { stretches } = await passedPoints({ scenario });
console.log(stretches.map(({ actor, points }) => `${actor} passes ${points.length} points`).join(', '));
const { part, holds } = stretches[0].points.find(({ visit }) => visit === 2);
console.log('second visit:', part, 'holding', holds.join(' and ') || 'nothing');

const { verdict, basis } = await explore({ scenario, schedule: `${part} A@done D@done` });
console.log(verdict, basis);
