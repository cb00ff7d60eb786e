/** Who may write to stdout. With --json that is the result, one JSON object, whatever else prints. */

const write = process.stdout.write.bind(process.stdout);

/** From now on only the returned function writes to stdout; what others write there, through the console or not, goes to stderr. */
export function claimStdout(): (text: string) => void {
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return (text) => void write(text);
}

/** Resolves when a slow reader of the pipes has everything. */
export const drained = (): Promise<void> =>
  new Promise((resolve) => {
    write('', () => process.stderr.write('', () => resolve()));
  });
