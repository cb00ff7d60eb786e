/** `--driver` of commands that make programs of their own: without it they are played with the in-tree test driver. */
export const driverFlag = {
  name: 'driver',
  kind: 'text',
  value: 'NAME|FILE[:OPTION=VALUE,...]',
  defaultText: 'the in-tree test driver',
  help: 'a driver of hmm-lab drivers, or your own by the path of its module, with options',
  example: 'nouveau:retryCheck=none',
} as const;
