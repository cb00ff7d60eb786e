/** Threads of a search that stand still. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Crew, crewMemory, End } from '../../src/engines/explore/search/crew.ts';
import { emptyTable } from '../../src/engines/explore/search/sharedTable.ts';

/** Goes round until the search is over, and says so whenever it has been asked to save. */
const lane = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.module).then(({ Crew, End }) => {
    const crew = new Crew(workerData.memory, 0);
    crew.onSave = () => parentPort.postMessage('saved');
    crew.enter();
    parentPort.postMessage('begun');
    while (crew.attend());
    crew.leave();
  });
`;

test('a checkpoint that is asked for before a thread has woken from the last one is not missed', {
  timeout: 60_000,
}, async () => {
  const memory = crewMemory(1, 1, emptyTable(false));
  const module = new URL('../../src/engines/explore/search/crew.js', import.meta.url).href;
  const worker = new Worker(lane, { eval: true, workerData: { module, memory } });
  const crew = new Crew(memory, 0);
  await once(worker, 'message');
  assert.ok(crew.askToSave());
  for (let checkpoint = 0; checkpoint < 20; checkpoint++) {
    const [said] = await once(worker, 'message');
    assert.equal(said, 'saved');
    // The thread waits now, or is about to. It does not see that it might have gone on in between.
    crew.goOn();
    assert.ok(crew.askToSave());
  }
  crew.finish(End.enough);
  crew.goOn();
  await once(worker, 'exit');
});
