/** Whose memory a device file is about: that of the process which has opened it, also for a child that has inherited the file. */
import { numberAt, type Operation, type OperationName } from './operation.ts';
import type { Program } from './program.ts';

/** Accesses through a device file, which is their first argument. */
const THROUGH_FILE: ReadonlySet<OperationName> = new Set(['dread', 'dunl', 'dwrite', 'datomic']);

type Owners = Map<string, number>;

const inherit = (owners: Owners, parent: number, child: number): void => {
  for (const [key, owner] of [...owners]) {
    const [whose, slot] = key.split(' ');
    if (Number(whose) === parent) owners.set(`${child} ${slot}`, owner);
  }
};

/** Each access through a device file, with the process whose memory it is about. Of columns only what a column itself does counts. */
export function byOwners({ given, columns }: Program): ReadonlyMap<Operation, Operation> {
  const owned = new Map<Operation, Operation>();
  const see = (owners: Owners, op: Operation): void => {
    const { name, worker } = op;
    if (name === 'open') owners.set(`${worker} ${numberAt(op, 0)}`, worker);
    if (name === 'fork') inherit(owners, worker, numberAt(op, 0));
    if (THROUGH_FILE.has(name)) owned.set(op, { ...op, worker: owners.get(`${worker} ${numberAt(op, 0)}`) ?? worker });
  };
  const first: Owners = new Map();
  for (const { operation } of given) see(first, operation);
  for (const { operations } of columns) {
    const own = new Map(first);
    for (const op of operations) see(own, op);
  }
  return owned;
}
