/** Lines of progress on stderr, for work that goes on for long and is not repainted. */

/** What is returned is told of each step, and writes the line of one of them now and then: never silent for longer than `eachMs`. */
export function nowAndThen<Step extends unknown[]>(eachMs: number, lineOf: (...step: Step) => string): (...step: Step) => void {
  let told = performance.now();
  return (...step) => {
    if (performance.now() - told < eachMs) return;
    told = performance.now();
    process.stderr.write(`${lineOf(...step)}\n`);
  };
}
