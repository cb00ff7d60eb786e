/** What an atomicity audit has found, for people. */
import type { AuditedAccess } from '../engines/explore/audit/audit.ts';
import type { Judged, JudgedAudit } from '../engines/explore/audit/judgedAudit.ts';
import { plural } from './units.ts';

const verbs = { read: 'reads', write: 'writes', change: 'changes', increase: 'changes' } as const;

function accessText({ actor, how, field, lock, site }: AuditedAccess): string {
  const guard = lock === null ? '' : ` (guarded by ${lock})`;
  return `${actor} ${verbs[how]} ${field}${guard}${site === null ? '' : `  ${site}`}`;
}

const findingText = ({ key, actor, from, to, first, after, before, second }: Judged): string[] => [
  '',
  `NO STEP: ${actor} from ${from} to ${to}: ${key}`,
  `  ${accessText(first)}`,
  `      ${accessText(after)}`,
  ...(before.site === after.site && before.field === after.field ? [] : [`      ${accessText(before)}`]),
  `  ${accessText(second)}`,
  '  What stands in the middle can come between the two, and explore lets nobody in there. With a point between them it shows what that does.',
];

/** The steps that are none, each with both lines and with what comes between; then how much was looked at. */
export function auditText({ scenario, verdict, executions, splits, broken, breaks, findings }: JudgedAudit): string {
  const open = findings.filter(({ excepted }) => excepted === null);
  const excepted = findings.length - open.length;
  const looked = `${plural(executions, 'execution')}, ${plural(splits, 'step')} stopped in the middle`;
  const meant = excepted === 0 ? '' : `; ${plural(excepted, 'pair')} of accesses are exceptions (docs/limits.md)`;
  const early = broken === 0 ? [] : [`${plural(broken, 'execution')} ended early: ${breaks}. Explore says more.`];
  const head =
    verdict === 'audited'
      ? `AUDITED: ${scenario}: each step that was stopped is one (${looked}${meant}).`
      : `VIOLATION: ${scenario}: ${plural(open.length, 'step')} that another actor can come between (${looked}${meant}).`;
  return [head, ...early, ...open.flatMap(findingText), ''].join('\n');
}
