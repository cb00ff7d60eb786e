/** The audit of a scenario, with what is known of steps that are meant to be none. */
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { type AuditFinding, type AuditOptions, type AuditResult, audit } from './audit.ts';
import { exceptionFor } from './exceptions.ts';

/** A finding, with the reason why it is none where the step is meant to be one. */
export interface Judged extends AuditFinding {
  readonly excepted: string | null;
}

export interface JudgedAudit extends Omit<AuditResult, 'findings'> {
  /** `audited`: every step that was stopped is one, or an exception. */
  readonly verdict: 'audited' | 'violation';
  readonly findings: readonly Judged[];
}

/** Audits a scenario, and says of each finding whether it is an exception. */
export function judgedAudit(scenario: Scenario, options: AuditOptions): JudgedAudit {
  const result = audit(scenario, options);
  const findings = result.findings.map((finding) => ({ ...finding, excepted: exceptionFor(finding)?.reason ?? null }));
  const clean = findings.every(({ excepted }) => excepted !== null);
  return { ...result, verdict: clean ? 'audited' : 'violation', findings };
}
