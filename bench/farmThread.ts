/** A thread of the farm that has nothing to do: it keeps a processor busy for as long as the task says, in the place of its seconds. */
import type { MessagePort } from 'node:worker_threads';

interface Busy {
  readonly task: { readonly job: { readonly request: { readonly seconds: number } } };
  readonly port?: MessagePort;
}

export default function busy({ task, port }: Busy) {
  const end = performance.now() + 1000 * task.job.request.seconds;
  while (performance.now() < end);
  port?.close();
  return { report: '{}', verdict: 'proved' };
}
