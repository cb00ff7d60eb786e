/** Entry of a hunting thread (piscina): one bug after another, each in a model that has it; or a scenario without. */
import '../src/engines/shared/stdoutToStderr.ts';
import type * as Attempts from '../src/engines/hunt/attempt.ts';
import type { HuntJob } from '../src/engines/hunt/hunt.ts';
import { answerOf } from '../src/engines/shared/refusal.ts';
import { instanceOf } from '../src/mutation/instance.ts';
import { mutatedTree } from '../src/mutation/mutate.ts';
import { steppedModule } from '../src/package/steppedModule.ts';
import { isModule } from '../src/userModules/places.ts';

export default (job: HuntJob) => answerOf<Attempts.Attempt | Attempts.CleanRun>(() => hunt(job));

async function hunt(job: HuntJob): Promise<Attempts.Attempt | Attempts.CleanRun> {
  const load = (url: URL): Promise<typeof Attempts> => import(url.href);
  if (job.kind === 'clean') {
    const { cleanRun } = await load(steppedModule('engines/hunt/attempt'));
    return cleanRun(job.scenario, job.settings, job.seed, job.schedules);
  }
  if (!isModule(job.mutation.scenario)) {
    const { attempt } = await (await instanceOf(job.mutation))<typeof Attempts>('engines/hunt/attempt');
    return await attempt(job.mutation, job.options);
  }
  // A scenario of the user's imports the model by its name, and finds it in a tree.
  const tree = mutatedTree(job.mutation, job.trees);
  try {
    const { attempt } = await load(tree.urlOf('engines/hunt/attempt'));
    return await attempt(job.mutation, job.options);
  } finally {
    tree.remove();
  }
}
