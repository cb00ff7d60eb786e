/** Colour, where it is wanted: on a terminal, and neither NO_COLOR, CI nor a dumb terminal says otherwise. */
import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** What the reports paint with. Without colour each leaves its text as it is. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly doubtful: Paint;
}

/** The environment variables that have a say. */
export interface Environment {
  readonly CI?: string | undefined;
  readonly NO_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/** Whether a stream is a terminal on which the cursor can be moved. CI systems offer one that only looks so. */
export function isLive(stream: { readonly isTTY?: boolean }, environment: Environment = process.env): boolean {
  return stream.isTTY === true && !isSet(environment.CI) && environment.TERM !== 'dumb';
}

const plain: Paint = (text) => text;

/** No colour at all. */
export const plainStyle: Style = { bold: plain, dim: plain, good: plain, bad: plain, doubtful: plain };

function painter(format: Parameters<typeof styleText>[0]): Paint {
  // The decision has been made for the stream at hand; by itself styleText would look at stdout.
  return (text) => styleText(format, text, { validateStream: false });
}

/** The style for what is written to a stream. */
export function styleFor(stream: { readonly isTTY?: boolean }, environment: Environment = process.env): Style {
  if (!isLive(stream, environment) || isSet(environment.NO_COLOR)) return plainStyle;
  return {
    bold: painter('bold'),
    dim: painter('dim'),
    good: painter(['bold', 'green']),
    bad: painter(['bold', 'red']),
    doubtful: painter(['bold', 'yellow']),
  };
}
