/** Where everything is in the arena: the same computation for the creator and for each attacher. */
import { type ArenaConfig, LOCK_CLASSES, PTRS_PER_TABLE } from './config.ts';
import type { Field, Shape } from './layout.ts';
import {
  Actor,
  AddressSpace,
  AnonVma,
  ClassicSub,
  Device,
  Devres,
  DriverObject,
  Header,
  HeldPage,
  IntervalSub,
  Memcg,
  Mirror,
  Mm,
  OpenFile,
  Pgmap,
  Process,
  pageFields,
  Resource,
  Subscriptions,
  swapFields,
  tableFields,
  Userfaultfd,
  Vma,
} from './structures.ts';
import type { Word } from './units.ts';

/** First word of each array of a structure of arrays: `page.refcount + pfn` is the word of that page. */
export type Arrays<F extends Readonly<Record<string, Field>>> = { readonly [K in keyof F]: Word };

export type PageArrays = Arrays<typeof pageFields>;
export type TableArrays = Arrays<typeof tableFields>;
export type SwapArrays = Arrays<typeof swapFields>;

/** A pool of objects of one structure: its first word holds the raw lock, then free head, fresh index, live count. */
export interface Pool<N extends string = string> {
  readonly name: N;
  readonly control: Word;
  readonly base: Word;
  readonly size: number;
  readonly count: number;
}

/** Regions and claims beside those of each device: its frames, and their pagemap. */
const RESOURCES = 8;
/** Open files for each process of a program. */
const OPEN_FILES = 64;
const POOL_CONTROL_WORDS = 32;
const LINE = 32;

/** Places every array. `words` is the length of the whole. */
export function plan(config: ArenaConfig) {
  let top = Math.ceil(Header.shape.size / LINE) * LINE;
  const take = (words: number): Word => {
    const at = top;
    top = Math.ceil((top + words) / LINE) * LINE;
    return at;
  };
  const pool = <N extends string>(shape: Shape<N>, count: number): Pool<N> => ({
    name: shape.name,
    control: take(POOL_CONTROL_WORDS),
    base: take(shape.size * count),
    size: shape.size,
    count,
  });
  const pageCount = config.systemPages + config.devicePages * config.devices;
  const actors = take(Actor.shape.size * config.actors);
  const lockOrder = take(LOCK_CLASSES);
  const pools = {
    mm: pool(Mm.shape, config.mms),
    vma: pool(Vma.shape, config.vmas),
    anonVma: pool(AnonVma.shape, config.vmas),
    addressSpace: pool(AddressSpace.shape, config.vmas),
    userfaultfd: pool(Userfaultfd.shape, config.mms),
    subscriptions: pool(Subscriptions.shape, config.mms),
    interval: pool(IntervalSub.shape, config.intervals),
    classic: pool(ClassicSub.shape, config.intervals),
    pgmap: pool(Pgmap.shape, Math.max(1, config.devices)),
    mirror: pool(Mirror.shape, config.mirrors),
    driverObject: pool(DriverObject.shape, config.intervals),
    memcg: pool(Memcg.shape, config.memcgs),
    resource: pool(Resource.shape, RESOURCES + 2 * config.devices),
    device: pool(Device.shape, Math.max(1, config.devices)),
    devres: pool(Devres.shape, RESOURCES + 2 * config.devices),
    process: pool(Process.shape, config.processes),
    openFile: pool(OpenFile.shape, OPEN_FILES * config.processes),
    heldPage: pool(HeldPage.shape, config.heldPages),
  };
  const arrays = <F extends Readonly<Record<string, Field>>>(fields: F, count: number): Arrays<F> =>
    Object.fromEntries(Object.keys(fields).map((name) => [name, take(count)])) as Arrays<F>;
  const page = arrays(pageFields, pageCount);
  const table = arrays(tableFields, config.tables);
  const tables = take(config.tables * PTRS_PER_TABLE);
  const swap = arrays(swapFields, config.swapSlots);
  return { pageCount, actors, lockOrder, pools, page, table, tables, swap, words: top };
}
