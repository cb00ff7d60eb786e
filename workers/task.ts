/** Entry of a thread of the farm (piscina): one task after another. */
import '../src/engines/shared/stdoutToStderr.ts';
import type { MessagePort } from 'node:worker_threads';
import { answerOf } from '../src/engines/shared/refusal.ts';
import { callOf } from '../src/farm/call.ts';
import type { Task } from '../src/farm/task.ts';

/** The report as text, which is how it travels. A message on the port stops the call. */
export default async ({ task, port }: { readonly task: Task; readonly port: MessagePort }) => {
  const stop = new AbortController();
  port.once('message', () => stop.abort());
  port.unref();
  try {
    return await answerOf(async () => {
      const report = await callOf(task, stop.signal);
      return { report: JSON.stringify(report), verdict: report.verdict };
    });
  } finally {
    port.close();
  }
};
