/** Stages of a schedule on a kernel, as text: `A entry mutex_lock from=dmirror_migrate_to_device, B done, A done`. */
import { UsageError } from '../input/usageError.ts';

const PLACES = ['entry', 'return', 'after', 'done', 'ends'] as const;

/** An actor that has done all is in no function. */
export const isEnd = ({ place }: Pick<Stage, 'place'>): boolean => place === 'done' || place === 'ends';

/** Who runs until where. */
export interface Stage {
  readonly actor: string;
  /**
   * When a function begins, when it returns, after a call of it in `from`, or when the actor has done all: `done`, which the others wait
   * for, or `ends`: they come after it, but go on when it waits for one of them.
   */
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
  if (!isEnd({ place }) && symbol === undefined) throw wrong('which function is not said');
  if (isEnd({ place }) && words.length > 0) throw wrong('an actor that is done is in no function');
  if (place === 'after' && from === undefined) throw wrong('a call is one in a function: from=FUNCTION');
  return { actor, place, times, ...(symbol === undefined ? {} : { symbol }), ...(from === undefined ? {} : { from }) };
}

/** Each actor has to be done at the end, and nothing comes after that. */
function defectOf(stages: readonly Stage[], actors: readonly string[]): string | null {
  if (stages.length > MOST_STAGES) return `has ${stages.length} stages, at most ${MOST_STAGES} are possible`;
  for (const actor of actors) {
    const own = stages.filter((stage) => stage.actor === actor);
    const last = own.at(-1);
    if (last === undefined || !isEnd(last)) return `does not end '${actor} done'`;
    if (own.filter(isEnd).length > 1) return `has '${actor} ${last.place}' twice`;
  }
  const first = stages.findIndex(({ place }) => place === 'ends');
  const odd = first < 0 ? undefined : stages.slice(first).find(({ place }) => place !== 'ends');
  return odd === undefined ? null : `has '${stageText(odd)}' after one that only ends`;
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
  isEnd({ place })
    ? `stage ${actors.indexOf(actor)} ${place}`
    : `stage ${actors.indexOf(actor)} ${place} ${symbol} ${from ?? '-'} ${times}`;
