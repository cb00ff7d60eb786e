// What is not allowed is refused in one sentence, before anything has run.
import { explore, UsageError } from 'hmm-lab';

for (const request of [
  { scenario: 'mini-hm', seconds: 1 },
  { bug: 'R5' },
  { scenario: 'mini-hmm', seconds: -1 },
  { sconds: 3 },
]) {
  const error = await explore(request).catch((reason) => reason);
  console.log(error instanceof UsageError, error.message.slice(0, 50));
}
