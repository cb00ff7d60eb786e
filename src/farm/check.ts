/** What comes from a queue, or goes into it, is looked at: anybody may have written there, and another version of the lab. */
import { UsageError } from '../input/usageError.ts';
import { loadAjv } from './server.ts';
import { farmCommands, type Job, type Task, type TaskResult } from './task.ts';

const digits = { type: 'string', pattern: '^[0-9a-f]{12}$' } as const;
const parts = { type: 'integer', minimum: 1, maximum: 1_000_000 } as const;

const job = {
  type: 'object',
  additionalProperties: false,
  required: ['schema', 'id', 'command', 'request', 'parts', 'version', 'model', 'modules', 'firstFailure'],
  properties: {
    schema: { const: 'hmm-lab/job/1' },
    id: digits,
    command: { enum: [...farmCommands] },
    request: { type: 'object' },
    parts,
    version: { type: 'string', maxLength: 40 },
    model: digits,
    modules: { type: 'object', additionalProperties: digits },
    firstFailure: { type: 'boolean' },
  },
} as const;

const task = {
  type: 'object',
  additionalProperties: false,
  required: ['job', 'shard'],
  properties: { job, shard: { type: 'array', items: parts, minItems: 2, maxItems: 2 } },
} as const;

const result = {
  type: 'object',
  additionalProperties: false,
  required: ['report', 'verdict'],
  properties: { report: { type: 'string' }, verdict: { type: 'string' } },
} as const;

export interface Checkers {
  isJob(data: unknown): data is Job;
  /** @throws UsageError, one sentence, for what is none; as the others do. */
  job(data: unknown): Job;
  task(data: unknown): Task;
  result(data: unknown): TaskResult;
}

export async function checkers(): Promise<Checkers> {
  const { Ajv } = await loadAjv();
  const ajv = new Ajv({ allErrors: false });
  const checker = <T>(shape: object, what: string): ((data: unknown) => T) => {
    const check = ajv.compile(shape);
    return (data) => {
      if (check(data)) return data as T;
      const [first] = check.errors ?? [];
      throw new UsageError(
        `what was in the queue is no ${what} of hmm-lab: ${first?.instancePath || 'it'} ${first?.message ?? ''}`,
      );
    };
  };
  const isJob = ajv.compile(job);
  return {
    isJob: (data): data is Job => isJob(data),
    job: checker(job, 'job'),
    task: checker(task, 'task'),
    result: checker(result, 'result'),
  };
}
