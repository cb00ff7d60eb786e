/** Entry of a scripted thread (comlink): an actor that does one thing after another, as it is told. */
import { workerData } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { Scripted } from '../src/engines/script/scripted.ts';

Comlink.expose(await Scripted.start(workerData.start), workerData.port);
