/** `hmm-lab explore NAME --audit`: is each step one that no other actor can come between? */
import { type AuditRequest, audit } from '../library/audit.ts';
import { auditText } from '../report/auditText.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { interruptible } from './interruptible.ts';
import { exitCodeOf, printReport } from './printReport.ts';

/** Exit code 1 when a step is none and no exception. @throws UsageError for bad input. */
export async function runAudit(request: AuditRequest & { readonly seconds: number }, json: boolean): Promise<number> {
  const live = startExploreLive(process.stderr, request.seconds);
  const report = await interruptible((signal) => audit(request, { onProgress: live.update, signal })).finally(live.stop);
  printReport(report, auditText, json);
  return exitCodeOf(report);
}
