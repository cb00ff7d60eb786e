/** Entry of the observer thread (comlink): samples the counters of a race on a clock of its own. */
import { workerData } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { Observer } from '../src/engines/race/observer.ts';

Comlink.expose(new Observer(), workerData.port);
