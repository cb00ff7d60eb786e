/** A session with an agent: a child process whose standard input and output are those of the agent, here or in a virtual machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../input/usageError.ts';

/** What a kernel answers to modules that it does not take, and what that means. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it takes only modules that are signed (EPERM)',
  2: 'the module needs what this kernel does not have, or what another module has (ENOENT)',
  8: 'it is of another kernel',
  126: 'it takes only modules that are signed (ENOKEY)',
  129: 'it takes only modules that are signed (EKEYREJECTED)',
};

/** Longest time for the last words of a program that has ended. */
const COMPLAINT_MS = 2000;

/** How an agent is started, and what is known when it is gone. */
export interface Place {
  readonly program: string;
  readonly args: readonly string[];
  /** Seconds until the agent has to say that it is there. */
  readonly startSeconds: number;
  /** The last lines of what the kernel wrote, if that can be known. */
  readonly lastLines: () => readonly string[];
}

/** The agent is gone, or silent for too long: the kernel crashed, or hangs. */
export class AgentLost extends Error {
  readonly lastLines: readonly string[];
  /** It never came: the kernel did not crash, it did not start. */
  readonly atStart: boolean;

  constructor(why: string, lastLines: readonly string[], atStart = false) {
    super(why);
    this.lastLines = lastLines;
    this.atStart = atStart;
  }
}

export interface Session {
  /** Sends a line. */
  readonly send: (line: string) => void;
  /** The next line of the agent. Rejects with {@link AgentLost} when none comes any more, or not in time. */
  readonly next: (seconds: number) => Promise<string>;
  /** Ends it, at once. */
  readonly stop: () => Promise<void>;
}

/** Lines as they come, for one reader. */
class Lines {
  readonly #ready: string[] = [];
  #wanted: ((line: string | null) => void) | null = null;
  #ended = false;

  put(line: string | null): void {
    if (line === null) this.#ended = true;
    else if (this.#wanted === null) this.#ready.push(line);
    this.#wanted?.(line);
    this.#wanted = null;
  }

  /** The next one; null at the end, undefined when it takes too long. */
  async next(seconds: number): Promise<string | null | undefined> {
    const first = this.#ready.shift();
    if (first !== undefined || this.#ended) return first ?? null;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wanted = null;
        resolve(undefined);
      }, seconds * 1000);
      this.#wanted = (line) => {
        clearTimeout(timer);
        resolve(line);
      };
    });
  }
}

/** Ends a process and waits until it is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/**
 * Starts an agent and waits until it says that it is there. The signal ends it at any time; whoever waits for a line then loses it.
 *
 * @throws UsageError where the program cannot be started or the kernel refuses a module, AgentLost where the agent does not come.
 */
export async function startSession({ program, args, startSeconds, lastLines }: Place, signal: AbortSignal): Promise<Session> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = new Lines();
  let complaint = '';
  const failed = new Promise<never>((_, reject) => {
    child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      reject(new UsageError(`${program} cannot be started: ${code === 'ENOENT' ? 'it is not installed' : message}`));
    });
  });
  failed.catch(() => {});
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin.on('error', () => {});
  child.stderr.on('data', (data: Buffer) => {
    complaint = `${complaint}${data}`.slice(-2000);
  });
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.put(line));
  reader.on('close', () => lines.put(null));
  const lost = (why: string): AgentLost =>
    new AgentLost(
      why,
      [...complaint.split('\n'), ...lastLines()].filter((line) => line !== ''),
    );
  const next = async (seconds: number): Promise<string> => {
    const line = await Promise.race([lines.next(seconds), failed]);
    // What it complained of may come after its last answer.
    if (line === null) await Promise.race([closed, delay(COMPLAINT_MS, undefined, { ref: false })]);
    if (line === null) throw lost('the agent ended');
    if (line === undefined) throw lost(`the agent said nothing for ${seconds} s`);
    return line;
  };
  // However this process ends, the machine ends with it.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  signal.addEventListener('abort', kill, { once: true });
  child.once('exit', () => {
    process.off('exit', kill);
    signal.removeEventListener('abort', kill);
  });
  if (signal.aborted) kill();
  const session = { send: (line: string) => child.stdin.write(`${line}\n`), next, stop: () => end(child) };
  try {
    for (;;) {
      const line = JSON.parse(await next(startSeconds)) as {
        readonly agent?: number;
        readonly module?: string;
        readonly e?: number;
      };
      if (line.agent !== undefined) return session;
      const why = REFUSALS[line.e ?? 0] ?? `errno ${line.e}`;
      throw new UsageError(`the kernel does not take the module ${line.module?.replace(/^\d+-/, '')}: ${why}`);
    }
  } catch (error) {
    await session.stop();
    throw error instanceof AgentLost ? new AgentLost(error.message, error.lastLines, true) : error;
  }
}
