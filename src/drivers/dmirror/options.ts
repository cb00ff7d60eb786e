/** The policies of dmirror. The first value of each is right; the others are the defects of the in-tree driver and its kin. */

import type { Arena } from '../../arena/arena.ts';
import { INTERVAL_LIMIT } from '../../arena/config.ts';
import type { Mirror } from '../../arena/structures.ts';
import { choicesOf, placesOf } from '../base/choices.ts';
import { type DriverOption, driverOption } from '../base/driver.ts';
import { retryOptions, retryPlaces } from '../base/retryLoop.ts';

export { isChosen, optionIs } from '../base/choices.ts';

export const dmirrorOptions = {
  ownMigrate: {
    help: 'on the MIGRATE event of its own migration: set the sequence, ignore it altogether (in-tree), or treat it as foreign',
    values: ['setSeq', 'ignoreWithoutSeq', 'treatAsForeign'],
  },
  revokeSource: {
    help: 'remove its own entries of a page before it is copied to the device (off in-tree)',
    values: ['on', 'off'],
  },
  foreignCounter: {
    help: 'compare a counter of foreign invalidations before it maps a migrated page (off in-tree)',
    values: ['on', 'off'],
  },
  lockOnReturn: {
    help: 'take the update lock to erase an entry on the way home (off in-tree), or leave it to the MIGRATE event',
    values: ['on', 'off', 'notifier'],
  },
  waitAfterSample: {
    help: 'wait for running invalidations after the counter is sampled, before mmap_lock (off in-tree)',
    values: ['on', 'off'],
  },
  retryCheck: {
    help: 'where read-retry is called: under the update lock, before it, or nowhere',
    values: ['locked', 'beforeLock', 'none'],
  },
  setSeq: { help: 'call set-seq in the callback', values: ['on', 'off'] },
  ownEvents: {
    help: 'passes over the MIGRATE and EXCLUSIVE events of what its own file does, or also of what other files of its device do (in-tree)',
    values: ['file', 'device'],
  },
  exclusiveSeq: {
    help: 'token and read-retry around make_device_exclusive, ignoring its own event (off in-tree)',
    values: ['on', 'off'],
  },
  exclusiveOwner: {
    help: 'make_device_exclusive is called with the device as owner, whose callback ignores the event; or with none, and the own callback erases (in-tree)',
    values: ['device', 'none'],
  },
  holeWrite: {
    help: 'a page made from a hole is writable for the device if the VMA is, or never (in-tree)',
    values: ['vma', 'never'],
  },
  engine: {
    help: 'the device accesses memory through a TLB of its own, or under the update lock (in-tree)',
    values: ['tlb', 'mutex'],
  },
  eraseEnd: {
    help: 'an invalidation erases the entries of its range, or one page more at its end (in-tree)',
    values: ['exact', 'onePageMore'],
  },
  readOnlyOwn: {
    help: 'a write fault on a read-only page of the own device brings it home and tries again, or fails with EFAULT (in-tree)',
    values: ['bringHome', 'fail'],
  },
  homeFile: {
    help: 'a CPU fault erases the entry of the file that mirrors the faulting address space, or of the file that migrated the page in (in-tree)',
    values: ['mirroring', 'migrating'],
  },
  exclusiveRule: {
    help: 'pages become exclusive one by one until the first error; or a chunk is collected first, and fails as a whole with EBUSY (before Linux 6.15)',
    values: ['page', 'chunk'],
  },
  hugePages: {
    help: 'huge pages migrate whole where they can, or are always split first (before device huge pages)',
    values: ['whole', 'split'],
  },
  coherentHuge: {
    help: 'a coherent device hands out huge pages, or never (in-tree: the second chunk of its memory is refused)',
    values: ['whole', 'never'],
  },
  shortOfPages: {
    help: 'when a page is missing for one that is to go home the others go all the same, or none does (in-tree)',
    values: ['others', 'none'],
  },
  evictFrom: {
    help: 'an eviction begins at the first page frame, or at the last: what was migrated in last goes first (in-tree, where the last frame is handed out first)',
    values: ['first', 'last'],
  },
  markDirty: {
    help: 'a page that the device may have written is marked dirty when its entry is erased, or never (in-tree)',
    values: ['erased', 'never'],
  },
  mapMigrated: {
    help: 'map a page that has moved to the device between pages() and finalize, or leave that to the next fault',
    values: ['atOnce', 'later'],
  },
  transaction: {
    help: 'a migration to the device moves what it can get, or nothing unless it gets every page of the range',
    values: ['partial', 'allOrNothing'],
  },
  notifierLife: {
    help: 'an interval of notifierPages stays once it is made, or is made for each fault and removed after it: then a notifier of another kind must zap what stays mapped, as that of nouveau does',
    values: ['kept', 'fault'],
  },
  unlocked: { help: 'use the range fault that may drop mmap_lock', values: ['off', 'on'] },
  window: { help: 'pages one range fault resolves', number: { default: 32, min: 1, max: 512 } },
  batch: { help: 'pages of one migration transaction', number: { default: 512, min: 1, max: 512 } },
  ...retryOptions('window'),
  notifierPages: {
    help: 'pages of one interval notifier, aligned; 0: one over the whole address space (in-tree)',
    number: { default: 0, min: 0, max: INTERVAL_LIMIT },
  },
} as const satisfies Readonly<Record<string, DriverOption>>;

export const dmirrorRetry = retryPlaces(dmirrorOptions);

/** Those that a driver has no use for to which its own migrations are like anybody's. */
export const ofOwnMigrations = [
  'ownMigrate',
  'ownEvents',
  'revokeSource',
  'foreignCounter',
  'lockOnReturn',
  'waitAfterSample',
  'mapMigrated',
] as const satisfies readonly (keyof typeof dmirrorOptions)[];

type NumberName = 'window' | 'batch' | 'deadlineMs' | 'pauseUs' | 'notifierPages';

/** Places of the options in the table. */
export const places = placesOf(dmirrorOptions);

/** How many there are: where the options that another driver adds begin. */
export const dmirrorOptionCount = Object.keys(dmirrorOptions).length;

/** Value of a numeric option. */
export const numberOption = (arena: Arena, mirror: Mirror, name: NumberName): number => driverOption(arena, mirror, places[name]);

export const Is = choicesOf(dmirrorOptions);
