/** `hmm-lab explore NAME --audit`: is each step one that no other actor can come between? */
import type { Mutation } from '../bugs/bug.ts';
import type { DriverSettings } from '../drivers/base/options.ts';
import { version } from '../package/version.ts';
import { auditText } from '../report/auditText.ts';
import { importAudit } from './explored.ts';
import { claimStdout } from './stdout.ts';

export interface AuditRequest {
  readonly scenario: string;
  readonly settings: DriverSettings;
  readonly driver?: string;
  readonly seconds: number;
  readonly schedules: number;
  readonly seed: number;
  readonly json: boolean;
}

/** Exit code 1 when a step is none and no exception. @throws UsageError for bad input. */
export async function runAudit(request: AuditRequest, bug: Mutation | undefined): Promise<number> {
  const { scenario, settings, driver, seconds, schedules, seed, json } = request;
  // Scenarios and drivers may print, and they run in this thread.
  const print = json ? claimStdout() : null;
  const { auditNamed } = await importAudit(bug);
  const end = performance.now() + seconds * 1000;
  const enough = (): boolean => performance.now() >= end;
  const chosen = { settings, ...(driver === undefined ? {} : { driver }) };
  const result = await auditNamed(scenario, chosen, { executions: schedules, seed, enough });
  (json ? process.stderr : process.stdout).write(auditText(result));
  print?.(`${JSON.stringify({ schema: 'hmm-lab/audit/1', version, seed, ...result })}\n`);
  return result.verdict === 'violation' ? 1 : 0;
}
