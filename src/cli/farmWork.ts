/** `hmm-lab farm work`: a worker, which every machine starts. */
import { shownServer } from '../farm/server.ts';
import { work } from '../farm/work.ts';
import { quote } from '../input/unknownName.ts';
import { reached, serverFlags } from './farmOptions.ts';
import { parseArguments } from './flags.ts';
import { interruptedCode, interruptible } from './interruptible.ts';
import { UsageError } from './usage.ts';

export const workFlags = [
  ...serverFlags,
  { name: 'threads', kind: 'whole', min: 1, max: 64, default: 1, help: 'tasks at a time, each in a thread' },
  {
    name: 'allow-modules',
    kind: 'text',
    value: 'DIR',
    help: 'take tasks that name modules below this folder, which becomes the current one; without it none',
  },
  { name: 'until-empty', kind: 'switch', help: 'leave when nothing is left to do, and do not wait for more' },
] as const;

/** `hmm-lab farm work`. */
export async function startWork(args: readonly string[]): Promise<number> {
  const { values } = parseArguments('farm', workFlags, args);
  const modules = values['allow-modules'];
  if (modules !== undefined) {
    try {
      process.chdir(modules);
    } catch (error) {
      throw new UsageError(`--allow-modules ${quote(modules)} is no folder`, { cause: error });
    }
  }
  const server = await reached(values);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(`working for ${shownServer(server)} with ${values.threads} thread${values.threads === 1 ? '' : 's'}`);
  const options = {
    server,
    threads: values.threads,
    untilEmpty: values['until-empty'],
    modules: modules === undefined ? undefined : process.cwd(),
  };
  let interrupted = false;
  const worked = await interruptible((signal) => {
    signal.addEventListener('abort', () => {
      interrupted = true;
    });
    return work(options, { say, signal });
  });
  process.stdout.write(`${worked.done} tasks done, ${worked.failed} failed, ${worked.refused} refused\n`);
  return interrupted ? interruptedCode() : 0;
}
