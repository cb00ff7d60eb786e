// A call that is stopped says what there is.
import { explore } from 'hmm-lab';

const stop = new AbortController();
const onProgress = ({ doing, states }) => {
  if (doing.startsWith('searching') && states > 0) stop.abort();
};
const result = await explore({ scenario: 'two-exclusives', seconds: 600 }, { onProgress, signal: stop.signal });
console.log(result.interrupted, result.verdict, result.states > 0);
