/** A worker of the farm as a process of its own, which a test kills: `workerChild.js SERVER LOCK_MS THREADS [MODULES]`. */
import { work } from '../../src/farm/work.ts';

const [server = '', lockMs, threads, modules] = process.argv.slice(2);
if (modules !== undefined) process.chdir(modules);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const options = {
  server: JSON.parse(server),
  lockMs: Number(lockMs),
  threads: Number(threads),
  untilEmpty: false,
  modules: modules === undefined ? undefined : process.cwd(),
};
await work(options, { say: (line) => process.stderr.write(`${line}\n`), signal: stop.signal });
