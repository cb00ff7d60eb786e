/** Entry of a thread that makes its part of searches of random programs. */
import { parentPort } from 'node:worker_threads';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { Control } from '../../src/engines/explore/plan/control.ts';
import { runAgain, runBySerials, runRound, runShare } from '../../src/engines/explore/plan/jobs.ts';
import type { Answers } from '../../src/engines/explore/threads/work.ts';
import { asScenario, watch } from './asScenario.ts';
import type { Program } from './program.ts';

export type Asked =
  | { readonly kind: 'program'; readonly program: Program }
  | Answers['share']['work']
  | Answers['round']['work']
  | Answers['again']['work']
  | Answers['bySerials']['work']
  | { readonly kind: 'finals' };

let executor: Executor;
let finals: ReadonlySet<string>;

function answer(asked: Asked, lane: number): unknown {
  switch (asked.kind) {
    case 'program': {
      const made = asScenario(asked.program);
      finals = made.finals;
      executor = new Executor(made.scenario, watch);
      return null;
    }
    case 'share':
      return runShare(executor, asked.job, asked.share, new Control(), asked.index, (saved) => asked.port?.postMessage(saved));
    case 'round':
      return runRound(executor, asked.job, asked.learnt, new Control(), asked.index, lane);
    case 'bySerials':
      return runBySerials(executor, asked.job, new Control(), asked.index, lane);
    case 'again':
      return runAgain(executor, asked.job, asked.first, new Control(), asked.index, lane);
    case 'finals':
      return [...finals];
  }
}

parentPort?.on('message', ({ asked, lane }: { asked: Asked; lane: number }) => {
  try {
    parentPort?.postMessage({ answer: answer(asked, lane) });
  } catch (error) {
    parentPort?.postMessage({ error: String((error as Error).stack) });
  }
});
