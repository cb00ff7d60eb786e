/** The audit of a scenario by its name, with a driver by its name or the path of its module. */
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { importScenario } from '../plan/importScenario.ts';
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

/**
 * Audits a scenario of the catalogue or of a module of the user's, with a driver in place of its own if one is named.
 *
 * @throws UsageError for an unknown scenario or driver, or two that do not go together.
 */
export async function auditNamed(
  name: string,
  { settings, driver }: { readonly settings: DriverSettings; readonly driver?: string },
  options: AuditOptions,
): Promise<JudgedAudit> {
  const result = audit(await importScenario(name, settings, driver), options);
  const findings = result.findings.map((finding) => ({ ...finding, excepted: exceptionFor(finding)?.reason ?? null }));
  const clean = findings.every(({ excepted }) => excepted !== null);
  return { ...result, verdict: clean ? 'audited' : 'violation', findings };
}
