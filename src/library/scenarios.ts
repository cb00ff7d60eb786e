/** `scenarios()`: what `explore()` and `search()` take by name. */
import type * as Catalogue from '../engines/explore/plan/catalogue.ts';
import { type Result, resultAs } from './call.ts';
import { inStepped } from './model.ts';

/** A scenario that comes with the lab. */
export interface ScenarioEntry {
  readonly name: string;
  readonly title: string;
  /** The race windows of docs/windows.md that it can reach. */
  readonly windows: readonly string[];
}

/** `--json` of `hmm-lab scenarios`. */
export type ScenarioList = Result<'hmm-lab/scenarios/1', { readonly scenarios: readonly ScenarioEntry[] }>;

/** Lists the scenarios that come with the lab, the long ones last. */
export const scenarios = (): Promise<ScenarioList> =>
  inStepped(undefined, async (load) => {
    const catalogue = await load<typeof Catalogue>('engines/explore/plan/catalogue');
    const all = [...catalogue.scenarios(), ...catalogue.longScenarios()];
    const entries = all.map(({ name, title, windows }) => ({ name, title, windows: windows.split(' ') }));
    return resultAs('hmm-lab/scenarios/1', { scenarios: entries });
  });
