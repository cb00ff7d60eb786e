/** A moment at which V8 compiles nothing: ending a thread while it still compiles for it in the background can bring the whole process down. */
import { sleep } from './sleep.ts';

const LOOK_MS = 10;
/** So often in a row the process must have been found at rest, and so often it is looked at: it may have other things to do. */
const [AT_REST, MOST_LOOKS] = [2, 10];
/** What a process at rest uses of a processor. */
const SHARE = 0.1;

/** Returns when the process has used next to no processor for a while, and after a tenth of a second at the latest. */
export async function compilerAtRest(): Promise<void> {
  let before = used();
  for (let looks = 0, quiet = 0; quiet < AT_REST && looks < MOST_LOOKS; looks++) {
    await sleep(LOOK_MS);
    const now = used();
    quiet = now - before < LOOK_MS * SHARE ? quiet + 1 : 0;
    before = now;
  }
}

/** Milliseconds. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
