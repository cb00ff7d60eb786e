/** What is checked while drivers are at work, whoever makes the interleaving. */
import type { Watch } from '../sync/task.ts';
import { checkInstalled } from './mirror.ts';
import { checkAnswered } from './rangeFault.ts';

export const driverWatch: Watch = { installed: checkInstalled, answered: checkAnswered, faultStable: () => {} };
