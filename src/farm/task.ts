/** What is handed out: one part of a job, as plain data. */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { explorerHash, modelHash } from '../engines/explore/failure/token.ts';
import type { Shard } from '../input/shard.ts';
import { UsageError } from '../input/usageError.ts';
import { version } from '../package/version.ts';
import { fileOf, isModule } from '../userModules/places.ts';

/** The commands whose work can be split. */
export const farmCommands = ['prove', 'matrix', 'hunt', 'fuzz', 'measure', 'conformance'] as const;
export type FarmCommand = (typeof farmCommands)[number];

/** What a command is asked for, as its call of the library takes it, without the part. */
export type JobRequest = Readonly<Record<string, unknown>>;

/** A job that was submitted. */
export interface Job {
  readonly schema: 'hmm-lab/job/1';
  /** Twelve hexadecimal digits, of everything below: the same job is never there twice. */
  readonly id: string;
  readonly command: FarmCommand;
  readonly request: JobRequest;
  /** Into how many tasks it is split. */
  readonly parts: number;
  readonly version: string;
  readonly model: string;
  /** Modules that the request names, and the hash of each: a worker that has another one refuses the task. */
  readonly modules: Readonly<Record<string, string>>;
  /** The first part in which a rule breaks decides; later ones are not needed. */
  readonly firstFailure: boolean;
}

/** Part of a job. */
export interface Task {
  readonly job: Job;
  readonly shard: Shard;
}

/** Which model and explorer this package has, twelve hexadecimal digits: two machines with the same come to the same results. */
export function codeHash(): string {
  known ??= digits(`${modelHash()} ${explorerHash()}`);
  return known;
}
let known: string | undefined;

const digits = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** All texts in a request, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}

/** The modules that a request names. A program has a file's name, but is none. */
const modulesIn = (request: JobRequest): string[] => [
  ...new Set(texts(request).filter((text) => isModule(text) && /\.m?js$/.test(text))),
];

function hashOf(module: string): string {
  try {
    return digits(readFileSync(fileOf(module, 'the')));
  } catch (error) {
    throw new UsageError(`module '${module}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws UsageError for a module that cannot be read. */
export function jobOf(what: Pick<Job, 'command' | 'request' | 'parts' | 'firstFailure'>): Job {
  const { command, request, parts, firstFailure } = what;
  const modules = Object.fromEntries(modulesIn(request).map((module) => [module, hashOf(module)]));
  const all = { command, request, parts, version, model: codeHash(), modules, firstFailure };
  return { schema: 'hmm-lab/job/1', id: digits(JSON.stringify(all)), ...all };
}

export const taskId = ({ job, shard: [i] }: Task): string => `${job.id}-${i}`;

export const tasksOf = (job: Job): Task[] =>
  Array.from({ length: job.parts }, (_, i) => ({ job, shard: [i + 1, job.parts] as const }));

/** What the call of a task has left. */
export interface TaskResult {
  /** The report, as text. */
  readonly report: string;
  readonly verdict: string;
}

/** What this worker may do. */
export interface Allowed {
  /** Modules below this folder, which is the current one; none without it. */
  readonly modules: string | undefined;
}

/** Why this worker does not do the task, in a sentence; null if it does. */
export function refusal({ job }: Task, allowed: Allowed): string | null {
  const { version: wanted, model, modules, request } = job;
  if (wanted !== version) return `the task is of hmm-lab ${wanted}, and this worker is ${version}`;
  if (model !== codeHash()) return `the task is of model ${model}, and this worker has ${codeHash()}`;
  for (const module of modulesIn(request)) {
    if (allowed.modules === undefined)
      return `the task names the module '${module}', and this worker takes none (--allow-modules DIR)`;
    const odd = oddModule(module, modules[module], allowed.modules);
    if (odd !== null) return odd;
  }
  return null;
}

function oddModule(module: string, hash: string | undefined, folder: string): string | null {
  try {
    const way = relative(realpathSync(folder), realpathSync(fileOf(module, 'the')));
    if (way.startsWith('..') || isAbsolute(way)) return `the module '${module}' is not below '${folder}'`;
    return hashOf(module) === hash ? null : `the module '${module}' is another one than that of the job`;
  } catch {
    return `the module '${module}' is not there`;
  }
}
