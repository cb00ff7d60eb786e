/** Model and kernel side by side: scripts without end, and a file of what differed that a later run goes on with. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '../input/usageError.ts';
import { type Kernel as KernelVersion, kernelNamed, NEWEST } from '../kernels/kernels.ts';
import type { Answer } from '../programs/answer.ts';
import type { Operation } from '../programs/operation.ts';
import { demandDriver, factsOf, type KernelFacts } from './check.ts';
import { kindOf, partingOf, shrunk } from './difference.ts';
import { modelKernelOf, withKernel } from './record.ts';
import type { Answered, Asked, Kernel } from './scripts.ts';
import type { Place } from './session.ts';
import { whyNotAsked } from './wire.ts';

/** A kind of difference, and the first script that showed it. */
export interface Kind {
  readonly kind: string;
  readonly count: number;
  readonly script: string;
  readonly operations: readonly string[];
  readonly kernel: Answer;
  readonly model: Answer;
  /** Why it is known, if it is. */
  readonly known?: string | undefined;
}

export interface Compared {
  readonly facts: KernelFacts;
  /** Scripts that were compared, in this run and those before. */
  readonly scripts: number;
  readonly operations: number;
  readonly kinds: readonly Kind[];
  readonly interrupted: boolean;
}

export interface CompareRequest {
  readonly scripts: readonly Asked[];
  /** What the scripts are, in words: a file of others is not gone on with. */
  readonly source: string;
  readonly driver: string | undefined;
  /** The model is this kernel; by default that of the kernel asked. */
  readonly model?: string | undefined;
  readonly known: ReadonlyMap<string, string>;
  readonly file?: string | undefined;
}

/** Scripts between two notes of how far it has come: what a killed run loses. */
const BATCH = 20;

/** Kinds that are known, from lines `KIND: WHY`; `#` begins a remark. */
export function knownKinds(text: string, file: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, kind, why] = /^(.*? -> [^:]+): (.+)$/.exec(line) ?? [];
      if (kind === undefined || why === undefined) throw new UsageError(`${file}: '${line}' is not of the form KIND: WHY`);
      return [kind, why];
    }),
  );
}

/** What one script showed. */
type Found = Omit<Kind, 'count' | 'known'>;

interface Note {
  readonly head?: { readonly source: string; readonly driver?: string };
  readonly done?: number;
  readonly operations?: number;
  readonly difference?: Found;
}

function noteOf(line: string, where: string): Note {
  try {
    return JSON.parse(line) as Note;
  } catch {
    throw new UsageError(`${where}: this is no JSON, and so no comparison`);
  }
}

/** The notes of a comparison, in memory and perhaps in a file. */
class Notes {
  readonly #file: string | undefined;
  readonly #kinds = new Map<string, Omit<Kind, 'known'>>();
  done = 0;
  operations = 0;

  constructor({ file, source, driver }: Pick<CompareRequest, 'file' | 'source' | 'driver'>) {
    this.#file = file;
    if (file === undefined) return;
    if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ head: { source, driver } })}\n`);
    this.#read(file, source, driver);
  }

  /** What comes after the last count of scripts is done again. */
  #read(file: string, source: string, driver: string | undefined): void {
    let fresh: Found[] = [];
    for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      if (line === '') continue;
      const { head, difference, done, operations } = noteOf(line, `${file}, line ${i + 1}`);
      if (head !== undefined && (head.source !== source || head.driver !== driver))
        throw new UsageError(`${file} is a comparison of ${head.source} with a driver of its own, this is one of ${source}`);
      if (difference !== undefined) fresh.push(difference);
      if (done === undefined) continue;
      for (const one of fresh) this.#count(one);
      fresh = [];
      this.done = done;
      this.operations = operations ?? 0;
    }
  }

  #count(found: Found): void {
    const before = this.#kinds.get(found.kind);
    this.#kinds.set(found.kind, before === undefined ? { ...found, count: 1 } : { ...before, count: before.count + 1 });
  }

  #note(note: Note): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(note)}\n`);
  }

  add(difference: Found): void {
    this.#count(difference);
    this.#note({ difference });
  }

  passed(done: number, operations: number): void {
    this.done = done;
    this.operations += operations;
    if (done % BATCH === 0) this.end();
  }

  end(): void {
    this.#note({ done: this.done, operations: this.operations });
  }

  kinds(known: ReadonlyMap<string, string>): Kind[] {
    return [...this.#kinds.values()].map((kind) => ({ ...kind, known: known.get(kind.kind) })).sort((a, b) => b.count - a.count);
  }
}

/** What a script shows: the difference in its smallest form, or how it crashed. Null where both say the same. */
async function differenceIn(answered: Answered, model: KernelVersion, kernel: Kernel): Promise<Found | null> {
  const { id: script, operations, answers, crash } = answered;
  const found = partingOf(answered, model);
  if (found !== null) {
    const small = await shrunk(found, model, (asked) => kernel.run(asked));
    const texts = small.operations.map(({ text }) => text);
    return { kind: kindOf(small), script, operations: texts, kernel: small.kernel, model: small.model };
  }
  if (crash === undefined) return null;
  const until = operations.slice(0, answers.length + 1);
  const kind = `${until.at(-1)?.name} -> crash`;
  return {
    kind,
    script,
    operations: until.map(({ text }) => text),
    kernel: { crash: crash.lastLines.at(-1) ?? crash.why },
    model: {},
  };
}

/** A number of a process is given once. */
function forksTwice(operations: readonly Operation[]): boolean {
  const forks = operations.flatMap(({ name, args: [number] }) => (name === 'fork' ? [number] : []));
  return new Set(forks).size < forks.length;
}

/** Those that this kernel can be asked. */
const askable = ({ operations }: Asked, { gupTest }: KernelFacts): boolean =>
  !forksTwice(operations) &&
  operations.every(
    (operation) => whyNotAsked(operation) === undefined && (gupTest || !/^(gup|ltpin|ltunpin)$/.test(operation.name)),
  );

/**
 * Compares, until all scripts are done or the signal comes. Null when it was stopped before there was anything.
 *
 * @throws UsageError where the kernel has no test driver, the model cannot be that kernel, or the file is of something else.
 */
export function compare(
  where: Place | Kernel,
  request: CompareRequest,
  { signal, onScript }: { readonly signal: AbortSignal; readonly onScript: (done: number, kinds: number) => void },
): Promise<Compared | null> {
  const notes = new Notes(request);
  return withKernel(where, signal, async (kernel) => {
    const facts = await factsOf(kernel);
    demandDriver(facts);
    const model = kernelNamed(request.model ?? modelKernelOf(facts.release) ?? NEWEST, '--kernel');
    for (const script of request.scripts.slice(notes.done)) {
      if (signal.aborted) break;
      const asked = askable(script, facts);
      const answered = asked ? await kernel.run(script) : { ...script, answers: [], log: [] };
      const difference = asked && !signal.aborted ? await differenceIn(answered, model, kernel) : null;
      // What was under way when somebody said stop says nothing.
      if (signal.aborted) break;
      if (difference !== null) notes.add(difference);
      notes.passed(notes.done + 1, answered.answers.length);
      onScript(notes.done, notes.kinds(request.known).length);
    }
    notes.end();
    const { done: scripts, operations } = notes;
    return { facts, scripts, operations, kinds: notes.kinds(request.known), interrupted: signal.aborted };
  });
}
