/** `hmm-lab drivers`: the drivers that come with the lab, and the options that switch their policies. */
import type { Driver, DriverOption } from '../drivers/base/driver.ts';
import { builtinDrivers } from '../drivers/registry.ts';
import { version } from '../package/version.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';

const flags = [jsonFlag] as const;

function option(name: string, { help, values, number, usual }: DriverOption) {
  return number === undefined
    ? { name, help, values: values ?? [], default: usual ?? values?.[0] ?? '' }
    : { name, help, min: number.min, max: number.max, default: number.default };
}

/** The options that can be chosen. */
const choosable = ({ options, fixed = [] }: Driver): [string, DriverOption][] =>
  Object.entries(options).filter(([name]) => !fixed.includes(name));

/** One driver as JSON. */
function entry(driver: Driver) {
  const { name, summary } = driver;
  return { name, summary, options: choosable(driver).map(([key, value]) => option(key, value)) };
}

function allowed({ values, number, usual }: DriverOption): string {
  if (number !== undefined) return `${number.default} (default), or a whole number from ${number.min} to ${number.max}`;
  return (values ?? [])
    .map((value, i) => (value === usual || (usual === undefined && i === 0) ? `${value} (default)` : value))
    .join(', ');
}

function paragraph(driver: Driver): string {
  const { name, summary } = driver;
  const lines = choosable(driver).map(([key, value]) => `\n  ${key}: ${allowed(value)}\n      ${value.help}`);
  return `${name}: ${summary}\n${lines.join('')}\n`;
}

export const drivers: Command = {
  name: 'drivers',
  description:
    'Lists the drivers that come with the lab, with the options that switch their policies. Values ' +
    'that are not the default are mostly known defects. A driver of your own is a module, given to --driver by its path.',
  flags,
  examples: [
    'hmm-lab drivers',
    'hmm-lab stress --driver dmirror:retryCheck=none',
    'hmm-lab stress --driver ./my-driver.js:window=8',
  ],
  async run(args) {
    const { json } = parseFlags('drivers', flags, args);
    process.stdout.write(
      json
        ? `${JSON.stringify({ schema: 'hmm-lab/drivers/1', version, drivers: builtinDrivers.map(entry) })}\n`
        : `${builtinDrivers.map(paragraph).join('\n')}\nTo choose: hmm-lab stress --driver NAME:OPTION=VALUE,OPTION=VALUE\n`,
    );
    return 0;
  },
};
