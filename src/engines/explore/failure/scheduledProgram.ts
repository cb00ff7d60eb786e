/** A failure of a program as a program: with the operations that it needs, and its schedule, which `explore` follows. */
import { isProgram, type Program, parseProgram, programOfScenario, programText } from '../../../programs/program.ts';
import { splitName } from '../../../scenarios/kit/without.ts';

/** Without the operations that are left out: `B0` is the first one of B. Of an actor without any nothing is said. */
function without(program: Program, left: readonly string[]): Program {
  const columns = program.columns
    .map(({ actor, operations }) => ({
      actor,
      operations: operations.filter((_, place) => !left.includes(`${actor}${place}`)),
    }))
    .filter(({ operations }) => operations.length > 0);
  const isThere = (name: string | undefined): boolean => columns.some(({ actor }) => actor === name);
  return {
    ...program,
    columns,
    given: program.given.map(({ actor, operation }) => ({ actor: isThere(actor) ? actor : undefined, operation })),
    reaches: program.reaches.filter((one) => isThere(one.actor) && (one.while === undefined || isThere(one.while.actor))),
  };
}

/** `scenario` is its name, with the driver and what was left out. Null if it is no program. */
export function scheduledProgram(scenario: string, schedule: string): string | null {
  const { base, left } = splitName(scenario);
  if (!isProgram(base)) return null;
  return programText({ ...without(parseProgram(programOfScenario(base)), left), schedule });
}
