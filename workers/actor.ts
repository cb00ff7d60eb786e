/** Entry of a racing thread (piscina): one task is one actor for one race. */
import '../src/engines/shared/stdoutToStderr.ts';
import { threadId } from 'node:worker_threads';
import { operationName } from '../src/actors/roles.ts';
import { attachArena } from '../src/arena/arena.ts';
import { Actor, ActorState } from '../src/arena/structures.ts';
import { raceActor } from '../src/engines/race/actorLoop.ts';
import type { ActorJob, ActorReport } from '../src/engines/race/job.ts';

export default function actor(job: ActorJob): Promise<ActorReport> {
  const arena = attachArena(job.buffers);
  const record = arena.actors + job.id * Actor.shape.size;
  arena.words[record + Actor.thread] = threadId;
  Atomics.store(arena.words, record + Actor.state, ActorState.running);
  return raceActor(job, operationName);
}
