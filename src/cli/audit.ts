/** `hmm-lab explore NAME --audit`: is each step one that no other actor can come between? */
import { type AuditRequest, audit } from '../library/audit.ts';
import { auditText } from '../report/auditText.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { interruptible } from './interruptible.ts';

/** Exit code 1 when a step is none and no exception. @throws UsageError for bad input. */
export async function runAudit(request: AuditRequest & { readonly seconds: number }, json: boolean): Promise<number> {
  const live = startExploreLive(process.stderr, request.seconds);
  const report = await interruptible((signal) => audit(request, { onProgress: live.update, signal })).finally(live.stop);
  (json ? process.stderr : process.stdout).write(auditText(report));
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.verdict === 'violation') return EXIT_VIOLATION;
  return report.interrupted ? EXIT_INTERRUPTED : 0;
}
