/** What actors count, each in its own record; the observer and the final report add them up. */
export const counterNames = [
  'operations',
  'cpuFaults',
  'deviceFaults',
  'rangeFaultPasses',
  'readRetries',
  'rangeBusy',
  'hmmFaults',
  'invalidations',
  'migratedToDevice',
  'migratedToSystem',
  'migrateDeclined',
  'migrateFailed',
  'mapsSkipped',
  'exclusives',
  'exclusiveRetries',
  'deviceReads',
  'deviceWrites',
  'deviceAtomics',
  'forks',
  'forkFailures',
  'deniedAccesses',
  'failedOperations',
  'zappedEntries',
  'evictions',
  'mmFaults',
  'hugeFaults',
  'hugeMigrations',
  'hugeSplits',
] as const;

export type CounterName = (typeof counterNames)[number];

/** `Counter.cpuFaults` and so on: the place of each in an actor's counters. */
export const Counter = Object.freeze(Object.fromEntries(counterNames.map((name, id) => [name, id]))) as {
  readonly [K in CounterName]: number;
};
