// A failure is kept as a token, and seen again.
import { explore, replay } from 'hmm-lab';

const found = await explore({ scenario: 'device-fault-vs-munmap', driver: 'dmirror', driverSettings: { retryCheck: 'none' } });
const { token } = found.failure;
console.log(token.startsWith('hmm1.'));

const again = await replay({ token });
console.log(again.failure.table.join('\n'));
