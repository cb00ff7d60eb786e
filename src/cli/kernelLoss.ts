/** What commands say of a kernel that is lost. */
import { AgentLost } from '../kernel/session.ts';
import { EXIT_USAGE, EXIT_VIOLATION } from './exitCodes.ts';

/** Writes why an agent did not come, or went, with the last that its kernel said. */
export function tellLoss({
  message,
  lastLines,
  atStart = false,
}: Pick<AgentLost, 'message' | 'lastLines'> & Partial<AgentLost>): void {
  process.stderr.write(
    `The kernel ${atStart ? 'does not start' : 'is lost'}: ${message}.\n${lastLines.map((line) => `  ${line}\n`).join('')}`,
  );
}

/** Runs something; a kernel that is lost is told, and ends the command with 1, one that does not start with 2. `remove` comes last. */
export async function orLost(run: () => Promise<number>, remove: () => void): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AgentLost)) throw error;
    tellLoss(error);
    return error.atStart ? EXIT_USAGE : EXIT_VIOLATION;
  } finally {
    remove();
  }
}
