/** Stages of a schedule on a kernel, as text: `A entry mutex_lock from=dmirror_migrate_to_device, B done, A done`. */
import { UsageError } from '../input/usageError.ts';

const PLACES = ['entry', 'return', 'after', 'done'] as const;

/** Who runs until where. */
export interface Stage {
  readonly actor: string;
  /** When a function begins, when it returns, after a call of it in `from`, or when the actor has done all. */
  readonly place: (typeof PLACES)[number];
  readonly symbol?: string;
  /** Only calls that this function makes. */
  readonly from?: string;
  /** The how manieth time, counted from the beginning of the stage. */
  readonly times: number;
}

const NAME = /^[A-Za-z_][\w.]*$/;

/** What the agent has room for. */
const MOST_STAGES = 24;

function stageOf(text: string, actors: readonly string[]): Stage {
  const [actor = '', placeName = '', ...words] = text.trim().split(/\s+/);
  const wrong = (why: string): UsageError => new UsageError(`stage '${text.trim()}': ${why}`);
  if (!actors.includes(actor)) throw wrong(`'${actor}' is no actor, they are ${actors.join(', ')}`);
  const place = PLACES.find((one) => one === placeName);
  if (place === undefined) throw wrong(`'${placeName}' is no place, allowed are ${PLACES.join(', ')}`);
  let [symbol, from, times]: [string | undefined, string | undefined, number] = [undefined, undefined, 1];
  for (const word of words) {
    const [, key, value = ''] = /^(from|n)=(.+)$/.exec(word) ?? [];
    if (key === 'n' && /^[1-9]\d{0,4}$/.test(value)) times = Number(value);
    else if (key === 'from' && NAME.test(value)) from = value;
    else if (key === undefined && symbol === undefined && NAME.test(word)) symbol = word;
    else throw wrong(`'${word}' is neither a function, nor from=FUNCTION, nor n=NUMBER`);
  }
  if (place !== 'done' && symbol === undefined) throw wrong('which function is not said');
  if (place === 'done' && words.length > 0) throw wrong('an actor that is done is in no function');
  if (place === 'after' && from === undefined) throw wrong('a call is one in a function: from=FUNCTION');
  return { actor, place, times, ...(symbol === undefined ? {} : { symbol }), ...(from === undefined ? {} : { from }) };
}

/** Each actor has to be done at the end, and nothing comes after that. */
function defectOf(stages: readonly Stage[], actors: readonly string[]): string | null {
  if (stages.length > MOST_STAGES) return `has ${stages.length} stages, at most ${MOST_STAGES} are possible`;
  const odd = actors.find((actor) => stages.findLast((stage) => stage.actor === actor)?.place !== 'done');
  if (odd !== undefined) return `does not end '${odd} done'`;
  const twice = actors.find((actor) => stages.filter((stage) => stage.actor === actor && stage.place === 'done').length > 1);
  return twice === undefined ? null : `has '${twice} done' twice`;
}

/**
 * Reads stages.
 *
 * @throws UsageError, one sentence that names the stage.
 */
export function parseStages(text: string, actors: readonly string[]): Stage[] {
  const stages = text.split(',').map((part) => stageOf(part, actors));
  const defect = defectOf(stages, actors);
  if (defect !== null) throw new UsageError(`the schedule '${text}' ${defect}`);
  return stages;
}

/** A stage as a user writes it. */
export const stageText = ({ actor, place, symbol, from, times }: Stage): string =>
  [actor, place, symbol, from === undefined ? undefined : `from=${from}`, times === 1 ? undefined : `n=${times}`]
    .filter((word) => word !== undefined)
    .join(' ');

/** A stage as the agent takes it. */
export const stageOrder = ({ actor, place, symbol, from, times }: Stage, actors: readonly string[]): string =>
  place === 'done'
    ? `stage ${actors.indexOf(actor)} done`
    : `stage ${actors.indexOf(actor)} ${place} ${symbol} ${from ?? '-'} ${times}`;
