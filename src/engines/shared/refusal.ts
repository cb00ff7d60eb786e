/** A usage error on its way between threads: as an error it would arrive as a plain one, and look like a fault of the lab. */
import { isUsageError, UsageError } from '../../input/usageError.ts';

export interface Refusal {
  /** The sentence. */
  readonly refused: string;
}

/** In the thread that works: its answer, or its refusal. Other errors are thrown. */
export async function answerOf<T>(work: () => T | Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (isUsageError(error)) return { refused: error.message };
    throw error;
  }
}

/** In the thread that asked. @throws UsageError for a refusal. */
export function accepted<T>(answer: T | Refusal): T {
  if (typeof answer === 'object' && answer !== null && 'refused' in answer) throw new UsageError((answer as Refusal).refused);
  return answer as T;
}
