/**
 * Oracles that drivers ask for in the middle of their work. They run at the end of the step, over the memory as it is, and what they
 * read is not what the actor has seen. A recorded step asks for them by number.
 */
import type { Watch } from '../../../sync/task.ts';

export class StepChecks {
  readonly #checks: (() => void)[] = [];
  readonly #numbers = new Map<string, number>();

  /** The number of the check that `key` stands for. */
  #numberOf(key: string, check: () => void): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#checks.push(check) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  run(number: number): void {
    (this.#checks[number] as () => void)();
  }

  /** `watch`, but what is to be checked is passed to `ask` as a number. */
  deferred(watch: Watch, ask: (number: number) => void): Watch {
    return {
      installed: (task, mirror, start, end) => {
        const key = `${task.actor} ${mirror} ${start} ${end}`;
        ask(this.#numberOf(key, () => watch.installed(task, mirror, start, end)));
      },
      // Looks at what the actor has itself, and at nothing else.
      ...(watch.answered === undefined ? {} : { answered: watch.answered }),
      // Time stands still.
      faultStable: () => {},
    };
  }
}
