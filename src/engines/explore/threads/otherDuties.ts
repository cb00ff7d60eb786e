/** What a thread does beside searching, and loads when it is asked for it: it reports failures, follows schedules, audits scenarios. */
export { judgedAudit } from '../audit/judgedAudit.ts';
export { replay } from '../explore.ts';
export { followNamed } from '../failure/namedSchedule.ts';
export { passedPoints } from '../failure/passedPoints.ts';
export { reportFound, reportStuck } from '../failure/report.ts';
export { stopsOf, wayOf } from '../failure/stops.ts';
export { counterpartOf } from '../plan/cleanScenario.ts';
