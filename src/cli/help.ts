/** The help texts, made from the tables of the commands. */

import { boundsText } from '../input/bounds.ts';
import { boundsOf, type Command, type CommandEntry, type Flag } from './flags.ts';

const WIDTH = 100;

const exitCodes = [
  ['0', 'done, nothing found'],
  ['1', 'a violation was found; it counts for more than a Ctrl-C'],
  ['2', 'bad usage or bad input'],
  ['3', 'not valid: too little was seen, or the machine was too busy to measure'],
  ['130', 'interrupted by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP'],
  ['70', 'the lab itself failed'],
] as const;

/** `hmm-lab --help`. */
export function programHelp(commands: readonly CommandEntry[]): string {
  return [
    'Usage: hmm-lab [COMMAND] [FLAG...]',
    '',
    'A race laboratory for Linux heterogeneous memory management (HMM). Without a command it runs stress.',
    '',
    'Commands:',
    ...listing(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Flags:',
    ...listing([
      ['-h, --help', 'this text; after a command, the help of that command'],
      ['--version', 'the version'],
    ]),
    '',
    'Exit codes:',
    ...listing(exitCodes),
    '',
  ].join('\n');
}

/** `hmm-lab COMMAND --help`. */
export function commandHelp({ name, argument, description, flags, examples }: Command): string {
  const usage = ['hmm-lab', name, ...(argument === undefined ? [] : [argument]), ...(flags.length === 0 ? [] : ['[FLAG...]'])];
  return [
    `Usage: ${usage.join(' ')}`,
    '',
    ...wrap(description, WIDTH),
    '',
    'Flags:',
    ...listing([...flags.map(flagEntry), ['-h, --help', 'this text']]),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function flagEntry(flag: Flag): readonly [string, string] {
  const { name, kind, value, help, unit, example, defaultText } = flag;
  const isNumber = kind === 'whole' || kind === 'number';
  const usual = defaultText ?? flag.default;
  const facts = [
    isNumber ? `${boundsText(boundsOf(flag))}${unit === undefined ? '' : ` (${unit})`}` : '',
    kind === 'list' ? 'may be repeated' : '',
    usual === undefined ? '' : `default ${usual}`,
    example === undefined ? '' : `example: ${example}`,
  ].filter((fact) => fact !== '');
  const term = kind === 'switch' ? `--${name}` : `--${name} ${value ?? 'NUMBER'}`;
  return [term, facts.length === 0 ? help : `${help}; ${facts.join('; ')}`];
}

/** Two columns: terms, and wrapped explanations. */
function listing(entries: readonly (readonly [string, string])[]): string[] {
  const indent = Math.max(...entries.map(([term]) => term.length)) + 4;
  return entries.flatMap(([term, text]) =>
    wrap(text, WIDTH - indent).map((line, i) => `${(i === 0 ? `  ${term}` : '').padEnd(indent)}${line}`),
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
