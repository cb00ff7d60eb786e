/** The roles of the mixed scenario, and the ids their operations have in actor records. */
import type { Arena } from '../arena/arena.ts';
import { ActorKind } from '../arena/structures.ts';
import { cpuOperations } from './cpu.ts';
import { deviceOperations } from './device.ts';
import { disturberOperations } from './disturber.ts';
import { migratorOperations } from './migrator.ts';
import { workerOperations } from './worker.ts';
import type { Operation } from './world.ts';

export type Role = 'cpu' | 'device' | 'migrator' | 'disturber' | 'worker';

export const roles: Readonly<Record<Role, { readonly kind: number; readonly operations: readonly Operation[] }>> = {
  cpu: { kind: ActorKind.cpu, operations: cpuOperations },
  device: { kind: ActorKind.device, operations: deviceOperations },
  migrator: { kind: ActorKind.migrator, operations: migratorOperations },
  disturber: { kind: ActorKind.disturber, operations: disturberOperations },
  worker: { kind: ActorKind.worker, operations: workerOperations },
};

/** What a role can do in an arena. */
export const operationsOf = (role: Role, { hasSwap, hasHuge }: Arena): readonly Operation[] =>
  roles[role].operations.filter(({ needsSwap = false, needsHuge = false }) => (hasSwap || !needsSwap) && (hasHuge || !needsHuge));

/** Names of all operations; the id in an actor record is the place here plus 1. */
export const operationNames: readonly string[] = Object.values(roles).flatMap(({ operations }) =>
  operations.map(({ name }) => name),
);

export const operationId = (name: string): number => operationNames.indexOf(name) + 1;
export const operationName = (id: number): string => operationNames[id - 1] ?? 'between operations';
