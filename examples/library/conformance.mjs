// Does the model answer as a real kernel did? With how far it is, and a limit on the time.
import { conformance } from 'hmm-lab';

let told = 0;
const onProgress = () => {
  told++;
};
const { verdict, scripts, ops } = await conformance({}, { onProgress, signal: AbortSignal.timeout(120_000) });
console.log(verdict, scripts, ops, told > 0);
