/** What a driver can do, by its name; the model is loaded for it. */
import type { Abilities } from '../programs/matrix/abilities.ts';

/** Of a driver of the user's all is tried. */
export async function abilitiesNamed(driver: string): Promise<Abilities> {
  const [{ builtinDriver }, { abilitiesOf }] = await Promise.all([
    import('../drivers/registry.ts'),
    import('../programs/matrix/abilities.ts'),
  ]);
  const known = builtinDriver(driver);
  return known === undefined ? { exclusive: true, atomics: true, memory: true, work: true } : abilitiesOf(known);
}
