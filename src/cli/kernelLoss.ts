/** What commands say of a kernel that is lost. */
import { AgentLost } from '../kernel/session.ts';
import { EXIT_VIOLATION } from './exitCodes.ts';

/** Writes why an agent did not come, or went, with the last that its kernel said. */
export function tellLoss({ message, lastLines }: Pick<AgentLost, 'message' | 'lastLines'>): void {
  process.stderr.write(`The kernel is lost: ${message}.\n${lastLines.map((line) => `  ${line}\n`).join('')}`);
}

/** Runs something; a kernel that does not come is told, and ends the command with 1. `remove` comes last. */
export async function orLost(run: () => Promise<number>, remove: () => void): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AgentLost)) throw error;
    tellLoss(error);
    return EXIT_VIOLATION;
  } finally {
    remove();
  }
}
