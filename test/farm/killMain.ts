/**
 * `npm run farm:kill -- [--minutes N] [--postgres] [--operation NAME]`: a race matrix by two workers with two threads each, of which one is
 * killed every five seconds, and the server twice. The job is done again and again until the time is over; the result is that of one process.
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { jobOf } from '../../src/farm/task.ts';
import { matrix } from '../../src/index.ts';
import { endOnSignals } from './children.ts';
import { killRun, timeless } from './killRun.ts';
import { startPostgres, startRedis } from './servers.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    parts: { type: 'string', default: '200' },
    operation: { type: 'string', default: 'munmap' },
    postgres: { type: 'boolean', default: false },
  },
});
endOnSignals();
const minutes = Number(values.minutes);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Twice in the whole run: after a third of the kills, and after two thirds. */
const EVERY_MS = 5000;
/** Such as a worker has it by itself would make a killed task wait for half a minute; a shorter one makes more of them be done again. */
const LOCK_MS = 10_000;

/** Short cells, as workers live for ten seconds; and no clock ends one, however busy the machine. */
const request = { operations: [values.operation], limit: 5000, seconds: 3600 };
say(`one process: matrix ${JSON.stringify(request)}`);
const whole = await matrix({ ...request, workers: 2 });
const parts = Math.min(Number(values.parts), whole.cells.length);
const server = await (values.postgres ? startPostgres() : startRedis());
if (server === null) throw new Error('there is no such server on this machine');
const sum = { rounds: 0, tasks: 0, workerKills: 0, serverKills: 0, chances: 0, begunAgain: 0, doneTwice: 0 };
const began = Date.now();
const passed = (): number => (Date.now() - began) / 60_000;
try {
  while (passed() < minutes) {
    const planned = Math.ceil(((minutes - passed()) * 60_000) / EVERY_MS);
    const serverAt = [1, 2].slice(sum.serverKills).map((third) => Math.max(1, Math.ceil((planned * third) / 3)));
    // A job may be over before its turn has come; then it comes in the next round.
    // One that was done is there: another limit makes it another job, and no cell comes near it.
    const job = jobOf({
      command: 'matrix',
      request: { ...request, seconds: request.seconds + sum.rounds },
      parts,
      firstFailure: false,
    });
    const plan = { job, threads: 2, lockMs: LOCK_MS, everyMs: EVERY_MS, serverAt, kills: planned, seconds: 3600, say };
    const { status, report, chances, workerKills, serverKills } = await killRun(server, plan);
    assert.ok(report.schema === 'hmm-lab/matrix/1');
    for (const [i, cell] of whole.cells.entries()) assert.equal(timeless(report.cells[i]), timeless(cell));
    assert.equal(timeless(report), timeless({ ...whole, workers: report.workers }));
    sum.rounds++;
    sum.tasks += status.done;
    sum.workerKills += workerKills;
    sum.serverKills += serverKills;
    sum.chances += chances;
    sum.begunAgain += status.begunAgain;
    sum.doneTwice += status.doneTwice;
    say(JSON.stringify(sum));
  }
} finally {
  await server.stop();
}
const share = (100 * sum.doneTwice) / sum.tasks;
process.stdout.write(
  `${values.postgres ? 'PostgreSQL' : 'Redis'}, ${passed().toFixed(1)} min: ${sum.tasks} tasks in ${sum.rounds} jobs of ${parts}, 0 lost, results ` +
    `equal to that of one process; ${sum.workerKills} workers and ${sum.serverKills} servers killed; ${sum.begunAgain} begun again, ${sum.chances} set aside and given another chance, ` +
    `${sum.doneTwice} done twice (${share.toFixed(2)} %)\n`,
);
if (share >= 2) process.exitCode = 1;
