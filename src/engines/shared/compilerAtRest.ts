/** A moment at which V8 compiles nothing: ending a thread while it still compiles for it in the background can bring the whole process down. */
import { sleep } from './sleep.ts';

const LOOK_MS = 10;
/** Looks in a row that must find the process at rest, and looks after which it is waited for no longer: others may keep it busy. */
const [AT_REST, MOST_LOOKS] = [3, 10];
/** What a process at rest uses of a processor. */
const SHARE = 0.1;

/** Milliseconds that the process has had processors for. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Returns when the process has used next to no processor for a while, and after ten looks of 10 ms in any case. */
export async function compilerAtRest(used = processorMs, wait = sleep): Promise<void> {
  let before = used();
  for (let looks = 0, quiet = 0; quiet < AT_REST && looks < MOST_LOOKS; looks++) {
    await wait(LOOK_MS);
    const now = used();
    quiet = now - before < LOOK_MS * SHARE ? quiet + 1 : 0;
    before = now;
  }
}
