/** Scripts on a real kernel: one after another in one session, and in a fresh one when the kernel is gone. */
import type { Answer } from '../programs/answer.ts';
import type { Operation } from '../programs/operation.ts';
import { FrameNumbers, inNotation, logLine } from './notation.ts';
import { AgentLost, type Place, type Session, startSession } from './session.ts';
import { orderOf } from './wire.ts';

/** A script to be run. */
export interface Asked {
  readonly id: string;
  readonly operations: readonly Operation[];
}

/** What a kernel answered. */
export interface Answered extends Asked {
  /** One for each operation; fewer when the kernel was lost at the next one. */
  readonly answers: readonly Answer[];
  /** What the kernel complained of. */
  readonly log: readonly string[];
  /** The last lines of a kernel that was lost. */
  readonly crash?: { readonly why: string; readonly lastLines: readonly string[] };
}

/** Longest time for one operation: more than the agent allows it. */
const OPERATION_SECONDS = 60;

/** The line after the last answer of a script. */
interface End extends Answer {
  readonly log: readonly string[];
}
const isEnd = (line: Answer): line is End => 'end' in line;

async function runScript({ send, next }: Session, { id, operations }: Asked, answers: Answer[]): Promise<string[]> {
  send(`script ${id.replaceAll(/\s/g, '_')}`);
  for (const operation of operations) send(orderOf(operation));
  send('end');
  const frames = new FrameNumbers();
  for (;;) {
    const line = await next(OPERATION_SECONDS);
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      throw new AgentLost(`the agent said '${line.slice(0, 80)}', which is no answer`, []);
    }
    if (isEnd(answer)) return answer.log.map(logLine);
    answers.push(inNotation(answer, frames));
    if ('hang' in answer) throw new AgentLost('the operation does not end', []);
  }
}

/** A session that begins when it is first needed, and again after a loss. */
export class Kernel {
  readonly #place: Place;
  readonly #signal: AbortSignal;
  #session: Session | null = null;

  /** The signal ends what is under way, with an {@link AgentLost}. */
  constructor(place: Place, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  async session(): Promise<Session> {
    this.#session ??= await startSession(this.#place, this.#signal);
    return this.#session;
  }

  /** Runs a script. A loss of the kernel is a result. */
  async run(asked: Asked): Promise<Answered> {
    const answers: Answer[] = [];
    const session = await this.session();
    try {
      return { ...asked, answers, log: await runScript(session, asked, answers) };
    } catch (error) {
      if (!(error instanceof AgentLost)) throw error;
      await this.stop();
      const lastLines = error.lastLines.length > 0 ? error.lastLines : this.#place.lastLines();
      return { ...asked, answers, log: [], crash: { why: error.message, lastLines } };
    }
  }

  async stop(): Promise<void> {
    await this.#session?.stop();
    this.#session = null;
  }
}
